// The address of the page, which brings back what is shown.

// A sequence by its number, or by how it was generated.
export function asText(one) {
  return typeof one === "object" ? JSON.stringify(one) : `${one}`;
}

// Change parameters; undefined removes one.
export function updateAddress(parameters) {
  const url = new URL(location.href);
  for (const [name, value] of Object.entries(parameters)) {
    if (value === undefined) url.searchParams.delete(name);
    else url.searchParams.set(name, value);
  }
  history.replaceState(history.state, "", url);
}

export function rememberPair({ checkpoint, a, b }) {
  if (a === null || b === null) return;
  updateAddress({ checkpoint, a: asText(a), b: asText(b) });
}
