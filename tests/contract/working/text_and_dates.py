import base64
import datetime
import json
import uuid
from collections import Counter
from dataclasses import asdict, dataclass, field

import numpy as np


@dataclass
class Answer:
    words: dict = field(default_factory=dict)
    at: str = ""
    id: str = ""
    vector: list = field(default_factory=list)


def init():
    global vocabulary
    vocabulary = {"data": 1}


def run(data):
    counts = Counter(json.loads(data))
    answer = Answer(words=dict(counts.most_common(3)) if all(isinstance(v, int) for v in counts.values()) else {})
    answer.at = datetime.datetime.now(datetime.timezone.utc).isoformat()
    answer.id = str(uuid.uuid4())
    answer.vector = [round(float(x), 3) for x in np.linspace(0, 1, 3)]
    encoded = base64.b64encode(data.encode("utf-8")).decode("ascii")
    return {**asdict(answer), "echo": encoded, "known": sorted(set(vocabulary))}
