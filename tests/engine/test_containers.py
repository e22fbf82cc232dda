"""Containers of the real engine: what they may do, how they are reached, what is said of them."""

from __future__ import annotations

import asyncio
import socket
import uuid
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path, PurePosixPath

import pytest

from scoredock.engine import containers, logs
from scoredock.engine.connection import Connection
from scoredock.engine.values import ContainerGone, ContainerOrder, EngineProblem, HostPortTaken, ImageProblem, Mounted, NameTaken

from .conftest import wait_for

pytestmark = [pytest.mark.docker, pytest.mark.timeout(90)]

LABEL = "scoredock.test"
SERVE = (
    "import http.server\nhttp.server.ThreadingHTTPServer(('0.0.0.0', 5001), http.server.SimpleHTTPRequestHandler).serve_forever()"
)


@pytest.fixture
def order(connection: Connection, base_image: str) -> Iterator[ContainerOrder]:
    mark = uuid.uuid4().hex[:12]
    yield ContainerOrder(
        image=base_image,
        name=f"scoredock-test-{mark}",
        command=("python3", "-c", SERVE),
        labels=((LABEL, mark),),
        inner_port=5001,
    )
    for container in containers.labelled(connection, f"{LABEL}={mark}"):
        containers.remove(connection, container.id)


def run(connection: Connection, order: ContainerOrder, program: str) -> containers.Container:
    made = containers.create(connection, replace(order, command=("sh", "-c", program), inner_port=None))
    containers.start(connection, made.id)
    connection.api.wait(made.id, timeout=60)
    return containers.inspect(connection, made.id)


def text_of(connection: Connection, identifier: str) -> list[str]:
    async def collect() -> list[str]:
        return [text async for batch in logs.lines(connection, identifier) for _, text in batch]

    return asyncio.run(collect())


def test_a_container_is_reached_from_this_machine_only(connection: Connection, order: ContainerOrder) -> None:
    made = containers.create(connection, order)
    assert made.state == "created" and made.started_at == 0.0
    started = containers.start(connection, made.id)
    assert started.running and started.host_port and started.started_at >= started.created_at > 1.6e9
    wait_for(lambda: reachable("127.0.0.1", started.host_port or 0), 20)
    bindings = connection.api.inspect_container(made.id)["NetworkSettings"]["Ports"]["5001/tcp"]
    assert [binding["HostIp"] for binding in bindings] == ["127.0.0.1"]


def reachable(host: str, port: int) -> bool:
    import requests

    try:
        return requests.get(f"http://{host}:{port}/", timeout=2).ok
    except requests.RequestException:
        return False


def test_no_new_privileges_no_restart_and_mounts_that_cannot_be_written(
    connection: Connection, order: ContainerOrder, tmp_path: Path
) -> None:
    (tmp_path / "score.py").write_text("code")
    order = replace(order, mounts=(Mounted(tmp_path, PurePosixPath("/code")),))
    ended = run(connection, order, "cat /code/score.py; echo; grep NoNewPrivs /proc/self/status; echo x > /code/score.py")
    assert ended.state == "exited" and ended.exit_code and ended.finished_at
    said = text_of(connection, ended.id)
    assert "code" in said and "NoNewPrivs:\t1" in said and any("Read-only" in line for line in said)
    assert (tmp_path / "score.py").read_text() == "code"
    host = connection.api.inspect_container(ended.id)["HostConfig"]
    assert host["RestartPolicy"]["Name"] in ("", "no")


def test_on_a_machine_with_selinux_mounts_can_be_read_and_files_keep_their_labels(
    connection: Connection, order: ContainerOrder, tmp_path: Path
) -> None:
    confined = replace(connection, about=replace(connection.about, selinux=True))
    (tmp_path / "score.py").write_text("code")
    made = containers.create(confined, replace(order, mounts=(Mounted(tmp_path, PurePosixPath("/code")),)))
    assert "label=disable" in connection.api.inspect_container(made.id)["HostConfig"]["SecurityOpt"]
    plain = containers.create(connection, replace(order, name=f"{order.name}-2"))
    assert "label=disable" not in connection.api.inspect_container(plain.id)["HostConfig"]["SecurityOpt"]


def test_memory_and_cpu_limits(connection: Connection, order: ContainerOrder) -> None:
    ended = run(connection, replace(order, memory=64 * 1024**2, cpus=0.5), "python3 -c 'x = bytearray(200_000_000)'")
    assert ended.exit_code == 137 and ended.memory == 64 * 1024**2
    assert ended.killed_for_memory
    assert connection.api.inspect_container(ended.id)["HostConfig"]["NanoCpus"] == 500_000_000


def test_gpus_are_asked_for_and_an_engine_without_any_says_so(connection: Connection, order: ContainerOrder) -> None:
    if connection.about.gpus:
        pytest.skip("this engine has a GPU")
    made = containers.create(connection, replace(order, gpus=-1))
    (request,) = connection.api.inspect_container(made.id)["HostConfig"]["DeviceRequests"]
    assert (request["Count"], request["Capabilities"]) == (-1, [["gpu"]])
    assert containers.order_of(connection, made.id).gpus == -1
    with pytest.raises(EngineProblem, match="could not give the container a GPU") as said:
        containers.start(connection, made.id)
    assert "NVIDIA Container Toolkit" in said.value.todo


def test_a_platform_is_taken_or_said_to_be_missing(connection: Connection, order: ContainerOrder) -> None:
    mine = connection.about.architecture
    other = "arm64" if mine == "amd64" else "amd64"
    assert containers.create(connection, replace(order, platform=f"linux/{mine}")).state == "created"
    with pytest.raises(ImageProblem, match=f"is not made for linux/{other}"):
        containers.create(connection, replace(order, name=f"{order.name}-2", platform=f"linux/{other}"))


def test_what_runs_and_what_does_not_is_told_alike_oldest_first(connection: Connection, order: ContainerOrder) -> None:
    names = [f"{order.name}-{number}" for number in range(4)]
    for name in names:
        containers.create(connection, replace(order, name=name))
    for name in (names[3], names[1], names[0]):
        containers.start(connection, name)
    containers.stop(connection, names[1], 0)
    found = containers.labelled(connection, "=".join(order.labels[0]))
    assert [(container.name, container.state) for container in found] == list(
        zip(names, ("running", "exited", "created", "running"), strict=True)
    )
    for container in found:
        asked = containers.inspect(connection, container.id)
        assert replace(asked, created_at=0, started_at=0) == replace(container, created_at=0, started_at=0)
        assert abs(asked.created_at - container.created_at) < 1.5


def test_a_taken_port_is_said_and_the_container_can_be_removed(connection: Connection, order: ContainerOrder) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        made = containers.create(connection, replace(order, host_port=taken.getsockname()[1]))
        with pytest.raises(HostPortTaken):
            containers.start(connection, made.id)
    containers.remove(connection, made.id)
    with pytest.raises(ContainerGone):
        containers.inspect(connection, made.id)
    containers.remove(connection, made.id)
    containers.stop(connection, made.id, 1)


def test_a_port_of_another_container_is_taken(connection: Connection, order: ContainerOrder) -> None:
    first = containers.start(connection, containers.create(connection, order).id)
    assert first.host_port
    second = containers.create(connection, replace(order, name=f"{order.name}-2", host_port=first.host_port))
    with pytest.raises(HostPortTaken):
        containers.start(connection, second.id)


def test_names_are_taken_once(connection: Connection, order: ContainerOrder) -> None:
    made = containers.create(connection, order)
    with pytest.raises(NameTaken):
        containers.create(connection, order)
    other = containers.create(connection, replace(order, name=f"{order.name}-2"))
    with pytest.raises(NameTaken):
        containers.rename(connection, other.id, order.name)
    containers.rename(connection, made.id, f"{order.name}-old")
    containers.rename(connection, other.id, order.name)
    assert containers.inspect(connection, order.name).id == other.id


def test_an_image_that_is_gone(connection: Connection, order: ContainerOrder) -> None:
    with pytest.raises(ImageProblem, match="is not on the engine"):
        containers.create(connection, replace(order, image="scoredock-test-nothing:1"))


def test_a_source_that_does_not_exist_is_not_made(connection: Connection, order: ContainerOrder, tmp_path: Path) -> None:
    from scoredock.engine.values import EngineProblem

    with pytest.raises(EngineProblem, match="does not exist"):
        containers.create(connection, replace(order, mounts=(Mounted(tmp_path / "none", PurePosixPath("/code")),)))
    assert not (tmp_path / "none").exists()


def test_commands_inside(connection: Connection, order: ContainerOrder) -> None:
    made = containers.start(connection, containers.create(connection, order).id)
    ran = containers.execute(connection, made.id, ("sh", "-c", 'echo "$WORD"; echo bad >&2; exit 4'), environment={"WORD": "a b"})
    assert ran == containers.Ran(4, b"a b\n", b"bad\n")
    containers.stop(connection, made.id, 1)
    with pytest.raises(ContainerGone):
        containers.execute(connection, made.id, ("true",))


def test_a_log_is_followed_to_its_end(connection: Connection, order: ContainerOrder) -> None:
    program = "printf 'one\\ntwo\\rstill two\\n'; head -c 100000 /dev/zero | tr '\\0' x; echo; printf 'last without end'"
    ended = run(connection, order, program)
    lines = text_of(connection, ended.id)
    assert lines == ["one", "two\rstill two", "x" * 100_000, "last without end"]

    async def following() -> list[str]:
        found = []
        async for batch in logs.lines(connection, ended.id, follow=True, last=1):
            found += [text for _, text in batch]
        return found

    assert asyncio.run(following()) == ["last without end"]


def test_a_follower_that_leaves_closes_the_stream(connection: Connection, order: ContainerOrder) -> None:
    made = containers.create(connection, replace(order, command=("sh", "-c", "while :; do echo tick; sleep 0.05; done")))
    containers.start(connection, made.id)

    async def first_line() -> None:
        stream = logs.lines(connection, made.id, follow=True)
        async for batch in stream:
            assert batch[0][1] == "tick" and batch[0][0] > 1.6e9
            break
        await stream.aclose()

    import threading

    asyncio.run(first_line())
    wait_for(lambda: not [t for t in threading.enumerate() if t.name == "scoredock-docker"], 60)


@pytest.mark.slow
def test_fifty_megabytes_of_log_arrive_whole(connection: Connection, order: ContainerOrder) -> None:
    program = "import sys\nfor n in range(500_000): sys.stdout.write('%08d %s\\n' % (n, 'x' * 91))"
    made = containers.create(connection, replace(order, command=("python3", "-c", program)))
    containers.start(connection, made.id)

    async def count() -> int:
        expected = 0
        async for batch in logs.lines(connection, made.id, follow=True):
            for _, text in batch:
                assert text.startswith(f"{expected:08d} ")
                expected += 1
        return expected

    assert asyncio.run(count()) == 500_000


def test_labels_are_json() -> None:
    assert containers.labels_as_json({"b": 1, "a": "é"}) == '{"a":"\\u00e9","b":1}'
