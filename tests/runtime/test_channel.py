"""What a worker says to the arbiter comes as it was said, however long it is."""

import select
import threading

import pytest

from scoredock.runtime.channel import Channel


@pytest.mark.parametrize("length", [10, 400_000])
def test_a_message_comes_whole_and_its_parts_are_no_end(length: int) -> None:
    # "ready" names every library: one that came in two parts was taken for the end of the worker, and waited for in vain.
    channel = Channel()
    message = {"event": "ready", "libraries": "x" * length}
    worker = threading.Thread(target=channel.say, args=(message,))
    worker.start()
    heard: list[object] = []
    while not heard:
        assert select.select([channel.arbiter_end], [], [], 60)[0]
        heard = list(channel.heard())
        assert not channel.ended
    worker.join()
    assert heard == [message]
    channel.worker_end.close()
    assert select.select([channel.arbiter_end], [], [], 60)[0]
    assert channel.heard() == [] and channel.ended
    channel.close()
