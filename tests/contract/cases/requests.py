"""SD2xx: the server starts healthy, and requests fail."""

from tests.contract.cases.case import FAILS, MODEL, PLAIN, RAW, SCHEMA, Case, after, script

PASSING = "import functools\n\n\ndef passing(function):\n    @functools.wraps(function)\n    def inner(data):\n        return function(data)\n    return inner\n\n\n"
PREDICT = "def run(data):\n    return model.predict(np.array(json.loads(data)['data'])).tolist()\n"


def returning(bad: str, good: str, name: str, **more: object) -> Case:
    return Case("SD206", name, after(MODEL, f"def run(data):\n{bad}"), FAILS, after(MODEL, f"def run(data):\n{good}"), **more)  # type: ignore[arg-type]


CASES = (
    Case(
        "SD201",
        "two",
        after(PLAIN, "def run(data, threshold):\n    return 1\n"),
        FAILS,
        after(PLAIN, "def run(data, threshold=1):\n    return 1\n"),
        near=(after(PLAIN, "def run(data, request_headers):\n    return 1\n"),),
    ),
    Case(
        "SD201",
        "raw two",
        after(RAW, "@rawhttp\ndef run(request, threshold):\n    return 1\n"),
        FAILS,
        after(RAW, "@rawhttp\ndef run(request, request_headers):\n    return 1\n"),
    ),
    Case(
        "SD201",
        "keyword-only",
        after(PLAIN, "def run(data, *, threshold):\n    return 1\n"),
        FAILS,
        after(PLAIN, "def run(data, *, threshold=1):\n    return 1\n"),
    ),
    Case(
        "SD202",
        "renamed",
        after(SCHEMA, "@input_schema('input', StandardPythonParameterType([[1]]))\ndef run(data):\n    return 1\n"),
        FAILS,
        after(SCHEMA, "@input_schema('data', StandardPythonParameterType([[1]]))\ndef run(data):\n    return 1\n"),
        near=(
            after(
                SCHEMA,
                "NAME = 'data'\n\n\n@input_schema(NAME, StandardPythonParameterType([[1]]))\ndef run(data):\n    return 1\n",
            ),
            after(
                SCHEMA, "@input_schema('x', StandardPythonParameterType([[1]]), optional=True)\ndef run(data):\n    return 1\n"
            ),
            after(
                SCHEMA,
                "@input_schema('x', StandardPythonParameterType([[1]]), convert_to_provided_type=False)\ndef run(data):\n    return 1\n",
            ),
            after(
                SCHEMA,
                "@input_schema(param_name='data', param_type=StandardPythonParameterType([[1]]))\n@output_schema(StandardPythonParameterType(1))\ndef run(data):\n    return 1\n",
            ),
        ),
        fixed=True,
    ),
    Case(
        "SD202",
        "constant",
        after(
            SCHEMA,
            "NAME = 'inputs'\n\n\n@input_schema(NAME, StandardPythonParameterType([[1]]))\n@output_schema(StandardPythonParameterType(1))\ndef run(data):\n    return 1\n",
        ),
        FAILS,
        after(
            SCHEMA,
            "NAME = 'data'\n\n\n@input_schema(NAME, StandardPythonParameterType([[1]]))\n@output_schema(StandardPythonParameterType(1))\ndef run(data):\n    return 1\n",
        ),
    ),
    Case(
        "SD202",
        "second of two",
        after(
            SCHEMA,
            "@input_schema('data', StandardPythonParameterType([[1]]))\n@input_schema('paramters', StandardPythonParameterType({'a': 1}))\ndef run(data, parameters=None):\n    return 1\n",
        ),
        FAILS,
        after(
            SCHEMA,
            "@input_schema('data', StandardPythonParameterType([[1]]))\n@input_schema('parameters', StandardPythonParameterType({'a': 1}), optional=True)\ndef run(data, parameters=None):\n    return 1\n",
        ),
    ),
    Case(
        "SD203",
        "init forgot",
        MODEL.replace("    global model\n", "") + "\n\n" + PREDICT,
        FAILS,
        MODEL + "\n\n" + PREDICT,
        near=(
            after(
                MODEL.replace("    global model\n", "").replace("model = joblib", "state['model'] = joblib"),
                "state = {}\n\n\n" + PREDICT.replace("model.", "state['model']."),
            ),
            after(
                PLAIN.replace("    pass", "    Holder.load()"),
                """
                class Holder:
                    model = None

                    @classmethod
                    def load(cls):
                        cls.model = 1


                def run(data):
                    return Holder.model
                """,
            ),
            script(
                """
                import joblib


                def make():
                    model = None

                    def load():
                        nonlocal model
                        model = 2

                    def answer(data):
                        return model

                    return load, answer


                init, run = make()
                """
            ),
            "import joblib\nimport types\nstate = types.SimpleNamespace()\n\n\ndef init():\n    state.model = 1\n\n\ndef run(data):\n    return state.model\n",
            "import joblib\n\n\ndef init():\n    globals()['model'] = 1\n\n\ndef run(data):\n    return model\n",
            "import joblib\n\n\ndef init():\n    if True:\n        global model\n        model = 1\n\n\ndef run(data):\n    return model\n",
            "import joblib\n\n\ndef init():\n    load()\n\n\ndef load():\n    global model\n    for model in [1, 2]:\n        pass\n\n\ndef run(data):\n    return model\n",
            "import joblib\n\n\ndef init():\n    global model\n    with open('/dev/null') as model:\n        pass\n\n\ndef run(data):\n    return str(model is None)\n",
            "import joblib\n\n\ndef init():\n    global n\n    print(n := 3)\n\n\ndef run(data):\n    return n\n",
            "import joblib\n\n\ndef init():\n    global n\n    match [1, 2]:\n        case [n, *_]:\n            pass\n\n\ndef run(data):\n    return n\n",
            "import joblib\n\n\ndef init():\n    pass\n\n\ndef run(data):\n    try:\n        return model\n    except NameError:\n        return 0\n",
            "import joblib\n\n\ndef init():\n    pass\n\n\ndef run(data):\n    return [x for x in range(3) if (lambda y: y)(x)] + [y for y in (z for z in ())]\n",
            "import joblib\nfrom os.path import *\n\n\ndef init():\n    pass\n\n\ndef run(data):\n    return basename('a/b')\n",
        ),
        fixed=True,
    ),
    Case(
        "SD203",
        "none at the top",
        "import joblib\nimport os\n\nmodel = None\n\n\ndef init():\n    model = joblib.load(os.path.join(os.getenv('AZUREML_MODEL_DIR'), 'model.pkl'))\n\n\ndef run(data):\n    return model.predict([[1, 2]]).tolist()\n",
        FAILS,
        "import joblib\nimport os\n\nmodel = None\n\n\ndef init():\n    global model\n    model = joblib.load(os.path.join(os.getenv('AZUREML_MODEL_DIR'), 'model.pkl'))\n\n\ndef run(data):\n    return model.predict([[1, 2]]).tolist()\n",
        near=(
            "import joblib\nmodel = None\n\n\ndef init():\n    model = 1\n    print(model)\n\n\ndef run(data):\n    return 'none' if model is None else model.x\n",
        ),
        fixed=True,
    ),
    Case(
        "SD203",
        "in a helper",
        "import joblib\n\n\ndef init():\n    load()\n\n\ndef load():\n    labels = ['a', 'b']\n\n\ndef name(i):\n    return labels[i]\n\n\ndef run(data):\n    return name(0)\n",
        FAILS,
        "import joblib\n\n\ndef init():\n    load()\n\n\ndef load():\n    global labels\n    labels = ['a', 'b']\n\n\ndef name(i):\n    return labels[i]\n\n\ndef run(data):\n    return name(0)\n",
        fixed=True,
    ),
    Case(
        "SD203",
        "only annotated",
        "import joblib\n\nmodel: object\n\n\ndef init():\n    model = 1\n\n\ndef run(data):\n    return model\n",
        FAILS,
        "import joblib\n\nmodel: object\n\n\ndef init():\n    global model\n    model = 1\n\n\ndef run(data):\n    return model\n",
        fixed=True,
    ),
    Case(
        "SD203",
        "in a method",
        "import joblib\n\n\nclass Scorer:\n    def load(self):\n        model = 1\n\n    def score(self):\n        return model\n\n\nscorer = Scorer()\n\n\ndef init():\n    scorer.load()\n\n\ndef run(data):\n    return scorer.score()\n",
        FAILS,
        "import joblib\n\n\nclass Scorer:\n    def load(self):\n        self.model = 1\n\n    def score(self):\n        return self.model\n\n\nscorer = Scorer()\n\n\ndef init():\n    scorer.load()\n\n\ndef run(data):\n    return scorer.score()\n",
        fixed=True,
    ),
    Case(
        "SD203",
        "decorated",
        "import functools\nimport joblib\n\n\ndef named(name):\n    def decorate(function):\n        @functools.wraps(function)\n        def inner(*args, **kwargs):\n            print(name)\n            return function(*args, **kwargs)\n        return inner\n    return decorate\n\n\n@named('init')\ndef init():\n    model = 1\n\n\n@named('run')\ndef run(data):\n    return model\n",
        FAILS,
        "import functools\nimport joblib\n\n\ndef named(name):\n    def decorate(function):\n        @functools.wraps(function)\n        def inner(*args, **kwargs):\n            print(name)\n            return function(*args, **kwargs)\n        return inner\n    return decorate\n\n\n@named('init')\ndef init():\n    global model\n    model = 1\n\n\n@named('run')\ndef run(data):\n    return model\n",
        fixed=True,
    ),
    Case(
        "SD203",
        "star import",
        "import joblib\nfrom os.path import *\n\n\ndef init():\n    model = basename('a/b')\n\n\ndef run(data):\n    return model\n",
        FAILS,
        "import joblib\nfrom os.path import *\n\n\ndef init():\n    global model\n    model = basename('a/b')\n\n\ndef run(data):\n    return model\n",
        severity="warning",  # the star might bring the name
        fixed=True,
    ),
    Case(
        "SD203",
        "never called",
        "import joblib\n\n\ndef load():\n    global model\n    model = 1\n\n\ndef init():\n    pass\n\n\ndef run(data):\n    return model\n",
        FAILS,
        "import joblib\n\n\ndef load():\n    global model\n    model = 1\n\n\ndef init():\n    load()\n\n\ndef run(data):\n    return model\n",
    ),
    Case(
        "SD203",
        "import forgotten",
        "import joblib\n\n\ndef init():\n    pass\n\n\ndef run(data):\n    return json.loads(data)\n",
        FAILS,
        "import joblib\nimport json\n\n\ndef init():\n    pass\n\n\ndef run(data):\n    return json.loads(data)\n",
        fixed=True,
    ),
    Case(
        "SD204",
        "async run",
        after(PLAIN, "async def run(data):\n    return 1\n"),
        FAILS,
        after(PLAIN, "def run(data):\n    return 1\n"),
        fixed=True,
    ),
    Case(
        "SD204",
        "decorated",
        after(PLAIN, f"{PASSING}@passing\nasync def run(data):\n    return 1\n"),
        FAILS,
        after(PLAIN, f"{PASSING}@passing\ndef run(data):\n    return 1\n"),
        near=(
            after(
                PLAIN,
                "import asyncio\n"
                + PASSING.replace("return function(data)", "return asyncio.run(function(data))")
                + "@passing\nasync def run(data):\n    return 1\n",
            ),
        ),
        fixed=True,
    ),
    Case(
        "SD204",
        "async with schema",
        after(SCHEMA, "@input_schema('data', StandardPythonParameterType([[1]]))\nasync def run(data):\n    return 1\n"),
        FAILS,
        after(SCHEMA, "@input_schema('data', StandardPythonParameterType([[1]]))\ndef run(data):\n    return 1\n"),
        fixed=True,
    ),
    *(
        Case(
            "SD205",
            kind,
            after(
                SCHEMA, f"@input_schema('data', {sample})\ndef run(data):\n    rows = json.loads(data)\n    return len(rows)\n"
            ),
            FAILS,
            after(SCHEMA, f"@input_schema('data', {sample})\ndef run(data):\n    rows = data\n    return len(rows)\n"),
            request=request,
            fixed=True,
        )
        for kind, sample, request in (
            ("array", "NumpyParameterType(np.array([[1, 2]]))", '{"data": [[1, 2]]}'),
            ("frame", "PandasParameterType(pd.DataFrame({'a': [1]}))", '{"data": [{"a": 1}]}'),
            ("dict", "StandardPythonParameterType({'a': 1})", '{"data": {"a": 1}}'),
            ("list", "StandardPythonParameterType([1])", '{"data": [1]}'),
        )
    ),
    Case(
        "SD205",
        "nested",
        after(
            SCHEMA,
            "@input_schema('data', StandardPythonParameterType({'rows': NumpyParameterType(np.array([[1, 2]]))}))\ndef run(data):\n    return json.loads(data['rows'])\n",
        ),
        FAILS,
        after(
            SCHEMA,
            "@input_schema('data', StandardPythonParameterType({'rows': NumpyParameterType(np.array([[1, 2]]))}))\ndef run(data):\n    return data['rows'].tolist()\n",
        ),
        near=(
            after(
                SCHEMA,
                "@input_schema('data', StandardPythonParameterType('text'))\ndef run(data):\n    return json.loads(data)\n",
            ),
            after(
                SCHEMA,
                "@input_schema('data', StandardPythonParameterType([1]))\ndef run(data):\n    if isinstance(data, str):\n        data = json.loads(data)\n    return 1\n",
            ),
            after(
                SCHEMA,
                "@input_schema('data', StandardPythonParameterType([1]))\ndef run(data):\n    try:\n        data = json.loads(data)\n    except TypeError:\n        pass\n    return 1\n",
            ),
            after(
                SCHEMA,
                "@input_schema('data', StandardPythonParameterType([1]))\ndef run(data):\n    return json.loads(json.dumps(data))\n",
            ),
        ),
        request='{"data": {"rows": [[1, 2]]}}',
    ),
    returning(
        "    return model.predict(np.array(json.loads(data)['data']))\n",
        "    return model.predict(np.array(json.loads(data)['data'])).tolist()\n",
        "predict",
        fixed=True,
    ),
    returning(
        "    result = model.predict(np.array(json.loads(data)['data']))\n    return result\n",
        "    result = model.predict(np.array(json.loads(data)['data']))\n    return result.tolist()\n",
        "predict by name",
        fixed=True,
    ),
    returning(
        "    result = model.predict(np.array(json.loads(data)['data']))\n    return {'result': result}\n",
        "    result = model.predict(np.array(json.loads(data)['data']))\n    return {'result': result.tolist()}\n",
        "in a dict",
    ),
    returning(
        "    return json.dumps({'result': model.predict(np.array(json.loads(data)['data']))})\n",
        "    return {'result': model.predict(np.array(json.loads(data)['data'])).tolist()}\n",
        "dumps",
    ),
    returning("    return np.argmax([1, 2])\n", "    return int(np.argmax([1, 2]))\n", "int64", fixed=True),
    returning(
        "    import pandas as pd\n    return pd.DataFrame({'a': [1]})\n",
        "    import pandas as pd\n    return pd.DataFrame({'a': [1]}).to_dict(orient='records')\n",
        "frame",
        fixed=True,
    ),
    returning(
        "    import pandas as pd\n    return pd.DataFrame({'a': [1]})['a']\n",
        "    import pandas as pd\n    return pd.DataFrame({'a': [1]})['a'].tolist()\n",
        "series",
        fixed=True,
    ),
    returning(
        "    import pandas as pd\n    from io import StringIO\n    return pd.read_json(StringIO(data)).values\n",
        "    import pandas as pd\n    from io import StringIO\n    return pd.read_json(StringIO(data)).values.tolist()\n",
        "read_json",
        fixed=True,
    ),
    returning(
        "    import pandas as pd\n    return pd.concat([pd.DataFrame({'a': [1]}), pd.DataFrame({'a': [2]})])\n",
        "    import pandas as pd\n    return pd.concat([pd.DataFrame({'a': [1]}), pd.DataFrame({'a': [2]})]).to_dict(orient='records')\n",
        "concat",
        fixed=True,
    ),
    returning(
        "    import datetime\n    return datetime.datetime.now() - datetime.datetime.now()\n",
        "    import datetime\n    return (datetime.datetime.now() - datetime.datetime.now()).total_seconds()\n",
        "timedelta",
    ),
    returning(
        "    return Kind.GOOD\n\n\nimport enum\n\n\nclass Kind(enum.Enum):\n    GOOD = 1\n",
        "    return Kind.GOOD.value\n\n\nimport enum\n\n\nclass Kind(enum.Enum):\n    GOOD = 1\n",
        "enum",
        near=(
            after(
                MODEL,
                "import enum\n\n\nclass Kind(str, enum.Enum):\n    A = 'a'\n\n\ndef run(data):\n    return {'kind': Kind.A}\n",
            ),
            after(
                MODEL, "import enum\n\n\nclass Kind(enum.IntEnum):\n    A = 1\n\n\ndef run(data):\n    return {'kind': Kind.A}\n"
            ),
        ),
        fixed=True,
    ),
    returning("    return np.random.rand(2)\n", "    return np.random.rand(2).tolist()\n", "random", fixed=True),
    returning(
        "    try:\n        return json.loads(encode({'rows': np.array([1])}))\n    except Exception as error:\n        encode({'error': str(error)})\n        raise\n\n\ndef encode(body):\n    return json.dumps(body)\n",
        "    try:\n        return json.loads(encode({'rows': [1]}))\n    except Exception as error:\n        encode({'error': str(error)})\n        raise\n\n\ndef encode(body):\n    return json.dumps(body)\n",
        "encoder that the error path shares",
    ),
    returning("    return {'a', 'b'}\n", "    return ['a', 'b']\n", "set"),
    returning("    return b'abc'\n", "    return b'abc'.decode()\n", "bytes"),
    returning(
        "    import datetime\n    return {'at': datetime.datetime.now()}\n",
        "    import datetime\n    return {'at': datetime.datetime.now().isoformat()}\n",
        "datetime",
    ),
    returning(
        "    import decimal\n    return decimal.Decimal('1.5')\n",
        "    import decimal\n    return float(decimal.Decimal('1.5'))\n",
        "decimal",
    ),
    returning("    return (x for x in [1, 2])\n", "    return [x for x in [1, 2]]\n", "generator"),
    returning("    yield 1\n", "    return 1\n", "yield"),
    returning("    return map(str, [1])\n", "    return list(map(str, [1]))\n", "map"),
    returning("    return {'a': 1}.keys()\n", "    return list({'a': 1}.keys())\n", "keys"),
    returning("    return {(1, 2): 'x'}\n", "    return {'1,2': 'x'}\n", "tuple key"),
    returning("    return np.float32(1.5)\n", "    return np.float64(1.5)\n", "float32", fixed=True),
    returning(
        "    rows = []\n    for row in json.loads(data)['data']:\n        rows.append(np.array(row))\n    return rows\n",
        "    rows = []\n    for row in json.loads(data)['data']:\n        rows.append(np.array(row).tolist())\n    return rows\n",
        "appended",
    ),
    returning(
        "    out = {}\n    out['proba'] = model.predict_proba([[1, 2]])\n    return out\n",
        "    out = {}\n    out['proba'] = model.predict_proba([[1, 2]]).tolist()\n    return out\n",
        "set item",
    ),
    returning("    return [p * 2 for p in [np.array([1])]]\n", "    return [p * 2 for p in [1]]\n", "comprehension"),
    returning(
        "    return build(np.array([1]))\n\n\ndef build(values):\n    return {'values': values}\n",
        "    return build(np.array([1]))\n\n\ndef build(values):\n    return {'values': values.tolist()}\n",
        "helper",
    ),
    returning(
        "    return Answer(1)\n\n\nclass Answer:\n    def __init__(self, x):\n        self.x = x\n",
        "    return vars(Answer(1))\n\n\nclass Answer:\n    def __init__(self, x):\n        self.x = x\n",
        "object",
    ),
    returning("    try:\n        return ValueError('x')\n    finally:\n        pass\n", "    return 'x'\n", "exception"),
    Case(
        "SD206",
        "near misses",
        after(MODEL, "def run(data):\n    return model.predict_proba([[1, 2]])\n"),
        FAILS,
        after(MODEL, "def run(data):\n    return model.predict_proba([[1, 2]]).tolist()\n"),
        near=(
            after(
                MODEL,
                "def run(data):\n    result = model.predict([[1, 2]])\n    if isinstance(result, np.ndarray):\n        result = result.tolist()\n    return result\n",
            ),
            after(
                MODEL,
                "def run(data):\n    result = model.predict([[1, 2]])\n    if hasattr(result, 'tolist'):\n        result = result.tolist()\n    return result\n",
            ),
            after(
                MODEL,
                "def run(data):\n    result = {'r': model.predict([[1, 2]])}\n    for key in result:\n        result[key] = result[key].tolist()\n    return result\n",
            ),
            after(MODEL, "def run(data):\n    return json.dumps({'r': model.predict([[1, 2]])}, default=lambda o: o.tolist())\n"),
            after(
                MODEL,
                "class Encoder(json.JSONEncoder):\n    def default(self, o):\n        return o.tolist()\n\n\ndef run(data):\n    return json.dumps({'r': model.predict([[1, 2]])}, cls=Encoder)\n",
            ),
            after(
                MODEL,
                "def clean(value):\n    return value.tolist() if isinstance(value, np.ndarray) else value\n\n\ndef run(data):\n    return clean(model.predict([[1, 2]]))\n",
            ),
            after(MODEL, "def run(data):\n    return float(model.predict_proba([[1, 2]])[0][0])\n"),
            after(MODEL, "def run(data):\n    return np.mean([1.0, 2.0])\n"),
            after(MODEL, "def run(data):\n    return [float(p) for p in model.predict_proba([[1, 2]])[0]]\n"),
            after(
                MODEL,
                "import pandas as pd\n\n\ndef run(data):\n    frame = pd.DataFrame({'a': [1]})\n    return json.loads(frame.to_json(orient='records'))\n",
            ),
            after(MODEL, "class Row(dict):\n    pass\n\n\ndef run(data):\n    return Row(a=1)\n"),
            after(
                MODEL,
                "from typing import NamedTuple\n\n\nclass Row(NamedTuple):\n    a: int\n\n\ndef run(data):\n    return Row(1)\n",
            ),
            after(
                MODEL, "from enum import IntEnum\n\n\nclass Kind(IntEnum):\n    A = 1\n\n\ndef run(data):\n    return Kind.A\n"
            ),
            after(
                MODEL,
                "def run(data):\n    result = model.predict([[1, 2]])\n    result = list(map(int, result))\n    return result\n",
            ),
        ),
        fixed=True,
    ),
    *(
        Case(
            "SD207",
            name,
            after(RAW, f"@rawhttp\ndef run(request):\n    {bad}\n"),
            FAILS,
            after(RAW, f"@rawhttp\ndef run(request):\n    {good}\n"),
            fixed=fixed,
        )
        for name, bad, good, fixed in (
            ("bytes", "return request.get_data()", "return AMLResponse(request.get_data(), 200)", False),
            ("request", "return request", "return request.get_json()", False),
            ("json called", "return request.json()", "return request.json", True),
            ("no body", "return request.body", "return request.get_data().decode()", False),
            ("read", "return request.read()", "return request.get_data().decode()", False),
            ("loads request", "return json.loads(request)", "return json.loads(request.data)", False),
            ("loads method", "return json.loads(request.get_data)", "return json.loads(request.get_data())", True),
            ("item", "return request['data']", "return request.get_json()['data']", False),
            ("no status", "return AMLResponse('x')", "return AMLResponse('x', 200)", True),
            ("header number", "return AMLResponse('x', 200, {'n': 1})", "return AMLResponse('x', 200, {'n': '1'})", False),
            ("number", "return AMLResponse(5, 200)", "return AMLResponse(5, 200, json_str=True)", False),
            (
                "dicts in a list",
                "return AMLResponse([{'n': n} for n in (1, 2)], 200)",
                "return AMLResponse([{'n': n} for n in (1, 2)], 200, json_str=True)",
                False,
            ),
            ("numbers", "return AMLResponse([1, 2], 200)", "return AMLResponse([1, 2], 200, json_str=True)", False),
            ("set as json", "return AMLResponse({1}, 200, json_str=True)", "return AMLResponse([1], 200, json_str=True)", False),
        )
    ),
    Case(
        "SD207",
        "without rawhttp",
        after(RAW, "def run(request):\n    return request.get_json()\n"),
        FAILS,
        after(RAW, "@rawhttp\ndef run(request):\n    return request.get_json()\n"),
        near=(
            after(
                RAW,
                "@rawhttp\ndef run(request):\n    if request.method == 'POST':\n        return AMLResponse(request.get_data(False), 200)\n    return AMLResponse('bad', 500)\n",
            ),
            after(RAW, "@rawhttp\ndef run(request):\n    return request.get_data(as_text=True)\n"),
            after(RAW, "from flask import jsonify\n\n\n@rawhttp\ndef run(request):\n    return jsonify(request.get_json())\n"),
            after(
                RAW,
                "@rawhttp\ndef run(request):\n    return AMLResponse(json.dumps(request.json), 200, {'content-length': '30'})\n",
            ),
            after(
                RAW,
                "@rawhttp\ndef run(request):\n    return {'agent': str(request.headers.get('x')), 'args': dict(request.args), 'url': request.url}\n",
            ),
        ),
        fixed=True,
    ),
    Case(
        "SD208",
        "key",
        after(MODEL, "def run(raw_data):\n    return model.predict(np.array(raw_data['data'])).tolist()\n"),
        FAILS,
        after(MODEL, "def run(raw_data):\n    return model.predict(np.array(json.loads(raw_data)['data'])).tolist()\n"),
        near=(after(MODEL, "def run(raw_data):\n    return raw_data[0] + raw_data[1:3] + raw_data.strip()\n"),),
    ),
    Case(
        "SD208",
        "get",
        after(MODEL, "def run(raw_data):\n    return raw_data.get('data')\n"),
        FAILS,
        after(MODEL, "def run(raw_data):\n    return json.loads(raw_data).get('data')\n"),
    ),
)
