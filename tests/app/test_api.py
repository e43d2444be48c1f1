"""The endpoints, through gradio's client; and that visitors are apart."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from gradio_client import Client
from PIL import Image

from tests.fixtures.app import UNLABELLED

NAME = "vast-sprites"


def path_of(file) -> Path:
    return Path(file["path"] if isinstance(file, dict) else file)


def test_endpoints_are_named_typed_and_documented(client: Client) -> None:
    api = client.view_api(return_format="dict")
    assert set(api["named_endpoints"]) == {
        "/swap",
        "/encode",
        "/sample",
        "/map",
        "/leakage",
        "/voice",
        "/table",
        "/codes",
    }
    assert not api["unnamed_endpoints"]
    for name, about in api["named_endpoints"].items():
        assert all(p["python_type"]["type"] != "Any" for p in about["parameters"]), name
        assert about["description"], name


def test_swap(client: Client) -> None:
    report, file = client.predict(NAME, 3, 700, "webp", api_name="/swap")
    assert (report["a"], report["b"], report["dataset"]) == (3, 700, "sprites")
    assert set(report["psnr_db"]) == {"a_again", "a_like_b", "b_like_a", "b_again"}
    with Image.open(path_of(file)) as image:
        assert image.n_frames == 8 and image.size == (520, 520)


def test_swap_of_sound(client: Client) -> None:
    report, file = client.predict("vast-voices", 3, 11, "", api_name="/swap")
    assert path_of(file).suffix == ".wav" and path_of(file).read_bytes()[:4] == b"RIFF"
    assert set(report["error_db"]) == {"a_again", "b_again"} and report["median_pitch_hz"]["a"] > 60
    assert report["factors"]["a"]["pitch"].endswith(" Hz") and "psnr_db" not in report
    _, one = client.predict("vast-voices", 3, 11, "wav:a_like_b", api_name="/swap")
    assert len(path_of(one).read_bytes()) < len(path_of(file).read_bytes()) / 2
    _, picture = client.predict("vast-voices", 3, 11, "png", api_name="/swap")
    with Image.open(path_of(picture)) as image:
        assert image.format == "PNG"
    codes = client.predict("vast-voices", 5, api_name="/encode")
    assert 10 < len(codes["dynamic"]) < 45 and codes["factors"]["speaker"]
    assert (
        path_of(client.predict("vast-voices", 2, 1, "static", 9, api_name="/sample")).suffix
        == ".wav"
    )
    found = client.predict("vast-voices", 0, "pca", api_name="/map")
    assert len(found["ids"]) == 36 and found["factors"]["tract"]["unit"] == "cm"


def test_encode(client: Client) -> None:
    codes = client.predict(NAME, 5, api_name="/encode")
    assert (
        len(codes["static"]) == 8 and len(codes["dynamic"]) == 8 and len(codes["dynamic"][0]) == 4
    )
    assert set(codes["factors"]) >= {"skin", "hair", "action"}


def test_sample(client: Client) -> None:
    first = client.predict(NAME, 3, 1, "static", 9, api_name="/sample")
    again = client.predict(NAME, 3, 1, "static", 9, api_name="/sample")
    assert path_of(first).read_bytes() == path_of(again).read_bytes()
    with Image.open(path_of(first)) as image:
        assert image.n_frames == 8


def test_sample_makes_what_the_page_makes(client: Client) -> None:
    def made(**asked) -> dict:
        path = path_of(
            client.predict(NAME, index=5, b=9, format="npz", api_name="/sample", **asked)
        )
        return dict(np.load(path))

    rolled = made(n=2, length=20)
    assert rolled["frames"].shape == (2, 20, 64, 64, 3) and rolled["dynamic"].shape == (2, 20, 4)
    between = made(mode="interpolate", weights=[0, 0.25, 1], what="both")
    assert (between["frames"][0] != between["frames"][2]).any() and between["static"].shape == (
        3,
        8,
    )
    turned = made(mode="traverse", dimension=3, n=3)
    assert turned["static"][:, 3].tolist() == [-3, 0, 3]
    some = made(mode="partial", static_dims=[1, 2])
    assert (some["static"][0] != some["static"][2]).sum() == 2 and (
        some["static"][1] != some["static"][2]
    ).all()
    on = made(mode="continue", prefix=3, length=12, n=4)
    assert on["frames"].shape[:2] == (4, 12) and (on["frames"][0, :3] == on["frames"][1, :3]).all()
    assert path_of(client.predict(NAME, 2, api_name="/sample", format="mp4")).suffix == ".mp4"
    series = path_of(client.predict("vast-waves", 2, api_name="/sample", format="npz"))
    assert np.load(series)["median"].shape[0] == 2


def test_map(client: Client) -> None:
    found = client.predict(NAME, 296, "pca", api_name="/map")
    assert len(found["ids"]) == len(found["static"]) == len(found["dynamic"]) == 296
    assert all(0 <= trust <= 1 for trust in found["trust"])


def test_leakage(client: Client) -> None:
    found = client.predict(NAME, "dsvae-sprites", "", api_name="/leakage")
    leakage = found["leakage"]
    assert not found["smaller_sample"] and leakage["test_sequences"] == 120
    assert {v["factor"] for v in leakage["verdicts"]} == {f["name"] for f in leakage["factors"]}
    assert len(leakage["verdicts"]) == 2 * len(leakage["factors"])
    # The second report is the first one again, without a factor.
    assert {d["factor"] for d in found["differences"]} == {
        f["name"] for f in leakage["factors"]
    } - {UNLABELLED}
    assert (
        all(d["bits"]["value"] == 0 for d in found["differences"]) and not found["no_differences"]
    )


def test_leakage_of_a_stand_in_is_measured_and_never_compared_with_a_larger_sample(
    client: Client,
) -> None:
    found = client.predict(NAME, NAME, "oracle", api_name="/leakage")
    levels = {(v["code"], v["factor"]): v["level"] for v in found["leakage"]["verdicts"]}
    assert (
        found["smaller_sample"]
        and levels["static", "skin"] == "holds"
        and levels["dynamic", "skin"] == "clean"
    )
    assert found["differences"] == [] and "smaller sample" in found["no_differences"]


@pytest.mark.parametrize(
    ("endpoint", "arguments", "says"),
    [
        ("/swap", ("../../etc", 0, 1, "webp"), "checkpoint: one of"),
        ("/swap", (NAME, -1, 1, "webp"), "numbered 0 to 2663"),
        ("/swap", (NAME, 0, 10**9, "webp"), "numbered 0 to 2663"),
        ("/swap", (NAME, 0, 1, "exe"), "Formats"),
        ("/swap", (NAME, 0, 1, "wav"), "makes pictures"),
        ("/swap", ("vast-voices", 0, 1, "mp4"), "wav:a_like_b.*makes sound"),
        ("/swap", ("vast-voices", 0, 36, ""), "numbered 0 to 35"),
        ("/swap", ("vast-lpc-sprites", 0, 1, "gif"), "seqdisent data lpc-sprites"),
        ("/encode", (NAME, "nine"), "numbered 0 to 2663"),
        ("/sample", (NAME, 99, 0, "", 0), "1 to 17"),
        ("/sample", (NAME, 2, 0, "hair", 0), "keep: static, dynamic"),
        ("/sample", (NAME, 2, 0, "", 0, -5), "frames: 1 to 500 frames"),
        ("/sample", (NAME, 9, 0, "", 0, 400), "at most 8,000,000 at once, here 217"),
        ("/sample", (NAME, 2, 0, "", 0, 0, 100), "from 0 to 2, not 100"),
        ("/sample", (NAME, 2, 0, "", 0, 0, 1, "partial"), "partial swap of nothing"),
        ("/sample", (NAME, 2, 0, "", 0, 0, 1, "dream"), "mode: one of"),
        ("/map", (NAME, 7, "pca"), "n: a map shows"),
        ("/map", (NAME, 296, "magic"), "method: one of"),
        ("/leakage", ("../../etc", "", ""), "checkpoint: one of"),
        ("/leakage", ("judge-sprites", "", ""), "checkpoint: one of"),
        ("/leakage", (NAME, "../dsvae-sprites", ""), "checkpoint: one of"),
        ("/leakage", (NAME, "dsvae-lpc-sprites", ""), "other data"),
        ("/leakage", (NAME, "", "../oracle"), "stand_in: one of oracle"),
        ("/leakage", (["a"], "", {"b": 1}), "checkpoint: one of"),
    ],
)
def test_bad_input_is_told_what_is_wrong(
    client: Client, endpoint: str, arguments: tuple, says: str
) -> None:
    with pytest.raises(Exception, match=says):
        client.predict(*arguments, api_name=endpoint)


def test_no_file_outside_is_served(app_url: str) -> None:
    import httpx

    assert httpx.get(f"{app_url}gradio_api/file=/etc/passwd").status_code in (403, 404)
