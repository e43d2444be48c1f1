"""The HTTP endpoints have the names, parameters, types, defaults and returns that programs rely on."""

from __future__ import annotations

from typing import Any

import gradio as gr

from tests.golden.golden_values import check, differences, load


def current(app: gr.Blocks) -> dict[str, Any]:
    """Signatures of all endpoints; positions, labels and prose are left out."""
    about = app.get_api_info()
    named = {name: _signature(endpoint) for name, endpoint in about["named_endpoints"].items()}
    return {"named": named, "unnamed": len(about["unnamed_endpoints"])}


def _signature(endpoint: dict[str, Any]) -> dict[str, Any]:
    parameters = [
        {
            "name": parameter["parameter_name"],
            "required": not parameter["parameter_has_default"],
            "default": parameter["parameter_default"],
            **_types(parameter),
        }
        for parameter in endpoint["parameters"]
    ]
    returns = [_types(value) for value in endpoint["returns"]]
    return {
        "parameters": parameters,
        "returns": returns,
        "documented": bool(endpoint["description"]),
    }


def _types(value: dict[str, Any]) -> dict[str, Any]:
    return {"json": value["type"], "python": value["python_type"]["type"]}


def test_endpoints_are_the_same(shipped_app: gr.Blocks) -> None:
    check(differences(load("api"), current(shipped_app)), "api")
