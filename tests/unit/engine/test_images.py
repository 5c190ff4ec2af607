"""Images from the prompt and from files: kept, sent where the model takes them, told where it does not."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from agentls.conversation.text import CAP_BYTES
from agentls.engine import images
from agentls.protocol.errors import InvalidParams, RequestFailed
from agentls.world.images import LIMIT_BYTES
from agentls.world.scripted import Call, Calls, Gate, Script, Text
from tests.support.pictures import jpeg, png
from tests.support.recorder import Frame
from tests.support.workshop import Workshop, workshop

SEES = {"model": {"imageSupport": True}}
BLIND: dict[str, object] = {}


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _image(data: bytes, mime_type: str = "image/png") -> dict[str, object]:
    return {"type": "image", "data": _base64(data), "mimeType": mime_type}


def _url(data: bytes, mime_type: str = "image/png") -> dict[str, object]:
    return {"type": "image_url", "image_url": {"url": f"data:{mime_type};base64,{_base64(data)}"}}


def _text(text: str) -> dict[str, object]:
    return {"type": "text", "text": text}


def _sent(shop: Workshop, number: int = -1) -> list[Any]:
    """The messages of a request, without the instructions."""
    return [dict(message) for message in shop.endpoint.requests[number].messages[1:]]


async def _start(shop: Workshop, blocks: list[dict[str, object]]) -> str:
    return str((await shop.ask("agent/task/start", {"prompt": blocks}))["taskId"])


async def _run(shop: Workshop, blocks: list[dict[str, object]]) -> Frame:
    return await shop.ended(await _start(shop, blocks))


async def _whole(shop: Workshop, task_id: str, ref: object) -> bytes:
    """A kept image as a client fetches it, page by page."""
    pieces = ""
    while True:
        params = {"taskId": task_id, "ref": ref, "offset": len(pieces), "limit": 1001}
        page = await shop.ask("agent/content/read", params)
        pieces += page["text"]
        if not page["text"]:
            assert len(pieces) == page["totalBytes"]
            return base64.b64decode(pieces)


async def test_a_prompts_image_is_sent_after_the_text_and_kept(tmp_path: Path) -> None:
    data = png(640, 480, padding=CAP_BYTES)
    async with workshop(tmp_path, Script([Text(text="Nice.")]), provider=SEES) as shop:
        completed = await _run(shop, [_text("What is it?"), _image(data)])

        [prompt] = shop.recorder.of("agent/prompt")
        content: Any = prompt["content"]
        ref = content[1]["ref"]
        assert content == [_text("What is it?"), {"type": "image", "ref": ref, "mimeType": "image/png"}]
        assert "truncated" not in prompt.params
        assert _sent(shop) == [{"role": "user", "content": [_text("What is it?"), _url(data)]}]
        assert await _whole(shop, str(completed["taskId"]), ref) == data
        assert shop.recorder.of("agent/notice") == []


async def test_a_file_is_read_when_the_prompt_is_accepted_and_its_bytes_say_the_type(tmp_path: Path) -> None:
    data = jpeg()
    gate = Gate()
    async with workshop(tmp_path, Script([Text(text="Nice.", gates={0: gate})]), provider=SEES) as shop:
        file = shop.root / "a b.png"
        file.write_bytes(data)
        uri = file.as_uri()
        task_id = await _start(shop, [{"type": "image", "uri": uri, "mimeType": "image/png"}])
        file.unlink()
        gate.open()
        await shop.ended(task_id)

        [prompt] = shop.recorder.of("agent/prompt")
        content: Any = prompt["content"]
        ref = content[0]["ref"]
        assert content == [{"type": "image", "uri": uri, "ref": ref, "mimeType": "image/jpeg"}]
        note = _text("[The user attached the image a b.png:]")
        assert _sent(shop) == [{"role": "user", "content": [note, _url(data, "image/jpeg")]}]


@pytest.mark.parametrize(
    ("block", "path", "says"),
    [
        ({"data": "aGk=", "mimeType": "image/png"}, "prompt[1].data", "neither PNG, JPEG, GIF nor WebP"),
        ({"data": "not base64!", "mimeType": "image/png"}, "prompt[1].data", "must be base64"),
        ({"data": "\ud800", "mimeType": "image/png"}, "prompt[1].data", "must be base64"),
        ({"data": _base64(png()[:40]), "mimeType": "image/png"}, "prompt[1].data", "it is cut off"),
        ({"data": "A" * (LIMIT_BYTES * 2), "mimeType": "image/png"}, "prompt[1].data", "is larger than 5 MB"),
        ({"uri": "https://example.invalid/a.png", "mimeType": "image/png"}, "prompt[1].uri", "must be a file: URI"),
        ({"uri": "file:///etc/passwd", "mimeType": "image/png"}, "prompt[1].uri", "inside the workspace"),
        ({"uri": "WORK/missing.png", "mimeType": "image/png"}, "prompt[1].uri", "names no file"),
        ({"uri": "WORK/hidden.png", "mimeType": "image/png"}, "prompt[1].uri", "that the agent may read"),
        ({"uri": "WORK/link.png", "mimeType": "image/png"}, "prompt[1].uri", "inside the workspace"),
        ({"uri": "WORK", "mimeType": "image/png"}, "prompt[1].uri", "that the agent may read"),
        ({"uri": "WORK/text.png", "mimeType": "image/png"}, "prompt[1].uri", "neither PNG, JPEG, GIF nor WebP"),
        ({"uri": "WORK/big.png", "mimeType": "image/png"}, "prompt[1].uri", "is larger than 5 MB"),
        ({"ref": "image:" + "0" * 64, "mimeType": "image/png"}, "prompt[1].ref", "names no image that is kept"),
    ],
)
async def test_what_is_no_image_to_be_sent_is_refused_by_its_path(
    tmp_path: Path, block: dict[str, str], path: str, says: str
) -> None:
    outside = tmp_path / "outside.png"
    outside.write_bytes(png())
    async with workshop(tmp_path, Script(), provider=SEES) as shop:
        (shop.root / ".agentignore").write_text("hidden.png\n")
        (shop.root / "hidden.png").write_bytes(png())
        (shop.root / "text.png").write_text("hello\n")
        (shop.root / "big.png").write_bytes(png(padding=LIMIT_BYTES))
        (shop.root / "link.png").symlink_to(outside)
        given = {key: value.replace("WORK", shop.root.as_uri()) for key, value in block.items()}
        with pytest.raises(InvalidParams) as refused:
            await shop.ask("agent/task/start", {"prompt": [_text("Look"), {"type": "image", **given}]})

        assert refused.value.path == path
        assert says in refused.value.message
        assert (await shop.ask("agent/task/list"))["data"] == []
        assert [frame for frame in shop.recorder.frames if frame.stored] == []


async def test_an_image_that_a_tool_reads_comes_right_after_the_results(tmp_path: Path) -> None:
    one, two = png(1, 1), png(2, 2)
    reads = [Call("read_file", {"path": name}) for name in ("a.png", "a.txt", "b.png")]
    async with workshop(tmp_path, Script([Calls(reads), Text(text="Seen.")]), provider=SEES) as shop:
        (shop.root / "a.png").write_bytes(one)
        (shop.root / "b.png").write_bytes(two)
        (shop.root / "a.txt").write_text("hello\n")
        completed = await shop.run("Look")

        assert completed["status"] == "completed"
        contents: list[Any] = [result["content"] for result in shop.recorder.of("agent/toolResult")]
        refs = [part["ref"] for content in contents for part in content[1:]]
        size = f"image/png, 1×1, {len(one)} bytes"
        assert contents[0] == [_text(f"a.png: {size}"), {"type": "image", "ref": refs[0], "mimeType": "image/png"}]
        sent = _sent(shop)
        assert [message["role"] for message in sent] == ["user", "assistant", "tool", "tool", "tool", "user"]
        assert [type(message["content"]) for message in sent[2:5]] == [str, str, str]
        assert sent[5]["content"] == [
            _text("[The image of tool result 1 above:]"),
            _url(one),
            _text("[The image of tool result 3 above:]"),
            _url(two),
        ]
        assert await _whole(shop, str(completed["taskId"]), refs[1]) == two


async def test_a_model_that_takes_no_images_gets_words_and_the_user_is_told_once(tmp_path: Path) -> None:
    script = Script([Calls([Call("read_file", {"path": "a.png"})]), Text(text="No."), Text(text="Still not.")])
    async with workshop(tmp_path, script, provider=BLIND) as shop:
        (shop.root / "a.png").write_bytes(png())
        completed = await _run(shop, [_text("Look"), _image(png())])
        task_id = str(completed["taskId"])
        await shop.ask("agent/turn/start", {"taskId": task_id, "prompt": [_image(jpeg())]})
        await shop.ended(task_id, 2)

        note = "[The user attached an image, not sent: this model takes no images.]"
        assert [message["content"] for message in _sent(shop) if message["role"] == "user"] == [
            f"Look\n\n{note}",
            note,
        ]
        assert shop.results() == [("read_file", "error")]
        assert "imageSupport" in shop.result_text()
        assert [(each["level"], each["code"]) for each in shop.recorder.of("agent/notice")] == [
            ("warning", "images.notSent")
        ]
        assert "imageSupport" in str(shop.recorder.of("agent/notice")[0]["advice"])
        assert "base64" not in shop.endpoint.requests[-1].raw.decode()


async def test_images_come_and_go_with_what_the_model_takes(tmp_path: Path) -> None:
    script = Script([Text(text="Seen."), Text(text="Blind."), Text(text="Seen again.")])
    async with workshop(tmp_path, script, provider=SEES) as shop:
        task_id = str((await _run(shop, [_image(png())]))["taskId"])
        for turn, model in ((2, BLIND), (3, SEES)):
            await shop.provider(**model)
            await shop.ask("agent/turn/start", {"taskId": task_id, "prompt": "And now?"})
            await shop.ended(task_id, turn)

        firsts = [_sent(shop, number)[0]["content"] for number in range(3)]
        note = "[The user attached an image, not sent: this model takes no images.]"
        assert firsts == [[_url(png())], note, [_url(png())]]
        assert [notice["turnId"] for notice in shop.recorder.of("agent/notice")] == [
            shop.recorder.of("agent/turn/started")[1]["turnId"]
        ]


async def test_a_waiting_prompt_keeps_its_image_when_it_is_changed(tmp_path: Path) -> None:
    gate = Gate()
    async with workshop(
        tmp_path, Script([Text(text="One.", gates={0: gate}), Text(text="Two.")]), provider=SEES
    ) as shop:
        task_id = await shop.start()
        await gate.wait_reached()
        given = {"taskId": task_id, "prompt": [_text("Look"), _image(png())]}
        prompt_id = (await shop.ask("agent/turn/steer", given))["promptId"]
        [waiting] = (await shop.ask("agent/queue/list", {"taskId": task_id}))["prompts"]
        changed = [_text("Look closely"), waiting["content"][1]]
        await shop.ask("agent/queue/update", {"taskId": task_id, "promptId": prompt_id, "prompt": changed})
        gate.open()
        await shop.ended(task_id)

        assert _sent(shop)[-1] == {"role": "user", "content": [_text("Look closely"), _url(png())]}
        live = shop.engine._tasks.live(task_id)
        assert live is not None
        assert live.ledger.state == await shop.folded(task_id)


async def test_a_steered_image_that_the_model_does_not_take_is_told_when_it_is_delivered(tmp_path: Path) -> None:
    gate = Gate()
    script = Script([Text(text="One.", gates={0: gate}), Text(text="Two.")])
    async with workshop(tmp_path, script, provider=BLIND) as shop:
        task_id = await shop.start()
        await gate.wait_reached()
        await shop.ask("agent/turn/steer", {"taskId": task_id, "prompt": [_image(png())]})
        gate.open()
        await shop.ended(task_id)

        methods = shop.methods()
        assert methods.count("notice") == 1
        assert methods[methods.index("notice") - 1] == "prompt"


async def test_the_images_of_a_task_are_bounded(tmp_path: Path) -> None:
    large = png(padding=LIMIT_BYTES - 1000)
    six, one = [Call("read_file", {"path": f"{name}.png"}) for name in "abcdef"], Call("read_file", {"path": "g.png"})
    script = Script([Calls(six), Calls([one]), Text(text="Full."), Text(text="Small ones.")])
    async with workshop(tmp_path, script, provider=SEES) as shop:
        for name in "abcdefg":
            (shop.root / f"{name}.png").write_bytes(large)
        task_id = str((await shop.run("Look"))["taskId"])
        assert [status for _, status in shop.results()] == ["ok"] * 6 + ["error"]
        assert "fill 32 MB" in shop.result_text()

        for blocks, path in (([_image(large)], "prompt[0]"), ([_image(png())] + 7 * [_image(large)], "prompt[7]")):
            with pytest.raises(InvalidParams) as refused:
                await shop.ask("agent/turn/start", {"taskId": task_id, "prompt": blocks})
            assert refused.value.path == path
        await shop.ask("agent/turn/start", {"taskId": task_id, "prompt": [_image(png())]})
        assert (await shop.ended(task_id, 2))["status"] == "completed"


async def test_deleting_a_task_deletes_its_images(tmp_path: Path) -> None:
    async with workshop(tmp_path, Script([Text(text="ok"), Text(text="ok")]), provider=SEES) as shop:
        [one, other] = [str((await _run(shop, [_image(png())]))["taskId"]) for _ in range(2)]
        content: Any = shop.recorder.of("agent/prompt")[0]["content"]
        await shop.ask("agent/task/delete", {"taskId": one})

        assert not shop.world.artifacts_folder(one).exists()
        assert await _whole(shop, other, content[0]["ref"]) == png()
        for task_id, ref in ((one, content[0]["ref"]), (other, "image:" + "0" * 64), (other, "image:../x")):
            with pytest.raises(RequestFailed) as refused:
                await shop.ask("agent/content/read", {"taskId": task_id, "ref": ref})
            assert refused.value.code == ("task.unknown" if task_id == one else "content.unknown")


async def test_an_image_that_cannot_be_kept_is_refused_and_no_task_stays(tmp_path: Path) -> None:
    async with workshop(tmp_path, Script(), provider=SEES) as shop:
        (tmp_path / "data" / "artifacts").write_text("in the way")
        with pytest.raises(RequestFailed) as refused:
            await _start(shop, [_image(png())])

        assert refused.value.code == "journal.unavailable"
        assert (await shop.ask("agent/task/list"))["data"] == []


async def test_the_only_copy_in_memory_is_the_encoded_one(tmp_path: Path) -> None:
    async with workshop(tmp_path, Script([Text(text="ok")]), provider=SEES) as shop:
        task_id = str((await _run(shop, [_image(png(padding=100_000))]))["taskId"])
        live = shop.engine._tasks.live(task_id)

        assert live is not None
        assert len(repr(live.ledger.state)) < 5_000
        rows = await shop.world.journal.rows(task_id)
        assert sum(len(row.params) + len(row.private or b"") for row in rows) < 5_000
        assert len(json.dumps(_sent(shop))) > 130_000


async def test_images_that_are_read_side_by_side_share_the_room(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """200 calls of one answer, of which a small room lets six have their image."""
    monkeypatch.setattr(images, "TASK_LIMIT_BYTES", 320_000)
    reads = [Call("read_file", {"path": f"{number}.png"}) for number in range(200)]
    async with workshop(tmp_path, Script([Calls(reads), Text(text="Full.")]), provider=SEES) as shop:
        for number in range(200):
            (shop.root / f"{number}.png").symlink_to("all.png")
        (shop.root / "all.png").write_bytes(png(padding=48_000))
        completed = await shop.run("Look")

        assert completed["status"] == "completed"
        statuses = [status for _, status in shop.results()]
        assert (len(statuses), statuses.count("ok")) == (200, 6)
        assert str(_sent(shop)).count("data:image/png;base64,") == 6


async def test_a_ref_of_another_task_names_nothing(tmp_path: Path) -> None:
    async with workshop(tmp_path, Script(then=Text(text="ok")), provider=SEES) as shop:
        one = str((await _run(shop, [_image(png())]))["taskId"])
        other = str((await shop.run())["taskId"])
        content: Any = shop.recorder.of("agent/prompt", one)[0]["content"]
        ref = content[0]["ref"]
        with pytest.raises(InvalidParams) as refused:
            await shop.ask("agent/turn/start", {"taskId": other, "prompt": [content[0]]})
        assert refused.value.path == "prompt[0].ref"
        with pytest.raises(RequestFailed) as unknown:
            await shop.ask("agent/content/read", {"taskId": other, "ref": ref})
        assert unknown.value.code == "content.unknown"

        await shop.ask("agent/turn/start", {"taskId": one, "prompt": [content[0]]})
        await shop.ended(one, 2)
        assert [message["content"] for message in _sent(shop) if message["role"] == "user"] == [[_url(png())]] * 2


async def test_images_are_sent_again_by_a_process_that_opens_the_task_later(tmp_path: Path) -> None:
    script = Script([Calls([Call("read_file", {"path": "a.png"})]), Text(text="Seen.")])
    async with workshop(tmp_path, script, provider=SEES) as shop:
        (shop.root / "a.png").write_bytes(png(4, 4))
        task_id = str((await _run(shop, [_image(png())]))["taskId"])
        before = _sent(shop)
        (shop.root / "a.png").unlink()
    async with workshop(tmp_path, Script([Text(text="Again.")]), provider=SEES) as shop:
        await shop.ask("agent/turn/start", {"taskId": task_id, "prompt": "And now?"})
        await shop.ended(task_id)

        assert _sent(shop)[: len(before)] == before
