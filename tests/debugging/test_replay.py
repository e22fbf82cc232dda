"""Post-mortem: the very request that failed, whoever sent it, once more and stopped where it raises."""

from __future__ import annotations

import asyncio

import pytest
import requests

from scoredock.debugging.attach import attach
from scoredock.scoring.failed import last_failed
from scoredock.scoring.sending import send
from scoredock.scoring.values import ScoringProblem
from tests.debugging.dap import connected
from tests.hosting.conftest import docker_kit, interpreter, kit, process_kit  # noqa: F401  fixtures of the engines
from tests.hosting.kit import Kit

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]

SCRIPT = """\
from azureml.contrib.services.aml_request import rawhttp


def init():
    pass


@rawhttp
def run(request):
    asked = request.args.get("part", "") + request.headers.get("x-who", "") + request.get_data().decode()
    if "bad" in asked:
        raise ValueError(asked)
    return "fine"
"""


async def test_the_same_request_stops_at_the_raise(kit: Kit) -> None:  # noqa: F811
    kit.write(SCRIPT)
    service = await kit.engine.deploy(kit.plan())
    with pytest.raises(ScoringProblem, match="No failed request"):
        await last_failed(kit.name)
    body = "bäd is bad".encode()
    sent = [(b"fine", "x"), (b"an older bad one", "x"), (body, "me"), (b"fine again", "x")]
    for data, who in sent:
        headers = {"x-who": who, "content-type": "text/plain"}
        requests.post(service.scoring_uri, data, params={"part": "1 2"}, headers=headers, timeout=30)
    again = await last_failed(kit.name)
    assert (again.method, again.body, dict(again.query)) == ("POST", body, {"part": "1 2"})
    attachment = await attach(kit.name)
    try:
        async with connected(attachment.host, attachment.port) as client:
            await client.start(accessToken=attachment.token, stopOnRaise=True)
            answering = asyncio.create_task(send(service.scoring_uri, again))
            thread, frames, reason = await client.stopped()
            assert reason == "exception"
            assert (await client.locals_of(frames[0]))["asked"] == repr("1 2me" + body.decode())
            await client.ask("continue", threadId=thread)
            assert (await answering).run_failed
            await client.ask("disconnect")
    finally:
        await attachment.close()


async def test_a_body_that_is_too_long_is_not_kept(process_kit: Kit) -> None:  # noqa: F811
    process_kit.write(SCRIPT)
    service = await process_kit.engine.deploy(process_kit.plan())
    requests.post(service.scoring_uri, b"bad" * (2 << 20), timeout=30)
    with pytest.raises(ScoringProblem, match="longer than 4 MB"):
        await last_failed(process_kit.name)


async def test_an_answer_that_cannot_be_sent_is_a_failure_too(process_kit: Kit) -> None:  # noqa: F811
    process_kit.write("def init():\n    pass\n\n\ndef run(data):\n    return {1, 2}\n")
    service = await process_kit.engine.deploy(process_kit.plan())
    requests.post(service.scoring_uri, '{"a": 1}', timeout=30)
    assert (await last_failed(process_kit.name)).body == b'{"a": 1}'
