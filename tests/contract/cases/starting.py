"""SD1xx: the server does not start."""

from tests.contract.cases.case import EXIT, FAILS, MODEL, PLAIN, RAW, SCHEMA, Case, after, script

RUN = "def run(data):\n    return 1\n"
OK = after(PLAIN, RUN)

NAMED = "import functools\nimport joblib\n\n\ndef named(function):\n    @functools.wraps(function)\n    def inner(*args, **kwargs):\n        return function(*args, **kwargs)\n    return inner\n\n\n"

CASES = (
    Case("SD101", "unclosed bracket", after(PLAIN, "def run(data:\n    return 1\n"), EXIT, OK),
    Case("SD101", "print statement", after(PLAIN, 'def run(data):\n    print "x"\n    return 1\n'), EXIT, OK),
    Case("SD101", "return outside", after(PLAIN, "return 1\ndef run(data):\n    return 1\n"), EXIT, OK),
    Case(
        "SD101",
        "late global",
        after(PLAIN, "def run(data):\n    n = 1\n    global n\n    return n\n"),
        EXIT,
        after(PLAIN, "def run(data):\n    global n\n    n = 1\n    return n\n"),
    ),
    Case("SD101", "mixed tabs", after(PLAIN, "def run(data):\n    x = 1\n\treturn x\n"), EXIT, OK),
    Case("SD101", "await outside", after(PLAIN, "def run(data):\n    return await data\n"), EXIT, OK),
    Case("SD101", "null byte", after(PLAIN, "def run(data):\n    return '\0'\n"), EXIT, OK),
    Case(
        "SD102",
        "no init",
        "import joblib\n\n\ndef run(data):\n    return 1\n",
        EXIT,
        "import joblib\n\n\ndef init():\n    pass\n\n\ndef run(data):\n    return 1\n",
        near=(
            "init = lambda: None\n" + RUN,
            "class Service:\n    def init(self):\n        pass\n\n\ninit = Service().init\n" + RUN,
            "try:\n    from nowhere_at_all import init\nexcept ImportError:\n    def init():\n        pass\n" + RUN,
            "for name in ('init',):\n    globals()[name] = lambda: None\n" + RUN,
            "if True:\n    def init():\n        pass\n" + RUN,
            "def make():\n    global init\n    def init():\n        pass\nmake()\n" + RUN,
        ),
        fixed=True,
    ),
    Case(
        "SD102", "misspelt", "import joblib\ndef Init():\n    pass\n" + RUN, EXIT, "import joblib\ndef init():\n    pass\n" + RUN
    ),
    Case(
        "SD102",
        "only under main",
        "import joblib\nif __name__ == '__main__':\n    def init():\n        pass\n" + RUN,
        EXIT,
        "import joblib\nif __name__ != '__main__':\n    def init():\n        pass\n" + RUN,
    ),
    Case(
        "SD102",
        "only in a class",
        "import joblib\nclass Model:\n    def init(self):\n        pass\n" + RUN,
        EXIT,
        "import joblib\nclass Model:\n    def init(self):\n        pass\ninit = Model().init\n" + RUN,
    ),
    Case(
        "SD102",
        "only decorators left",
        "import functools\nimport joblib\n\n\ndef named(function):\n    @functools.wraps(function)\n    def inner(*args, **kwargs):\n        return function(*args, **kwargs)\n    return inner\n\n\n@named\n@named\ndef run(data):\n    return 1\n",
        EXIT,
        "import functools\nimport joblib\n\n\ndef named(function):\n    @functools.wraps(function)\n    def inner(*args, **kwargs):\n        return function(*args, **kwargs)\n    return inner\n\n\n@named\ndef init():\n    pass\n\n\n@named\ndef run(data):\n    return 1\n",
        fixed=True,
    ),
    Case(
        "SD103",
        "no run",
        MODEL + "\n\ndef score(data):\n    return 1\n",
        EXIT,
        MODEL + "\n\ndef run(data):\n    return 1\n",
        near=(
            after(PLAIN, "def answer(data):\n    return 1\n\n\nrun = answer\n"),
            after(PLAIN, "class Service:\n    def run(self, data):\n        return 1\n\n\nrun = Service().run\n"),
            after(PLAIN, "class Service:\n    def __call__(self, data):\n        return 1\n\n\nrun = Service()\n"),
            after(PLAIN, "run = lambda data: 1\n"),
            after(PLAIN, "def build():\n    def run(data):\n        return 1\n    return run\n\n\nrun = build()\n"),
            after(
                PLAIN, "if json.dumps(1):\n    def run(data):\n        return 1\nelse:\n    def run(data):\n        return 2\n"
            ),
            after(PLAIN, "from functools import partial\ndef f(k, data):\n    return 1\nrun = partial(f, 2)\n"),
        ),
    ),
    Case("SD103", "deleted", after(MODEL, RUN + "\n\ndel run\n"), EXIT, after(MODEL, RUN)),
    Case(
        "SD104",
        "one argument",
        "import joblib\ndef init(context):\n    pass\n" + RUN,
        EXIT,
        "import joblib\ndef init(context=None):\n    pass\n" + RUN,
        near=("import joblib\ndef init(*args, **kwargs):\n    pass\n" + RUN,),
    ),
    Case(
        "SD104",
        "decorated",
        NAMED + "@named\ndef init(path):\n    pass\n\n\n" + RUN,
        EXIT,
        NAMED + "@named\ndef init(path=None):\n    pass\n\n\n" + RUN,
        near=(
            "import functools\nimport joblib\n\n\ndef given(function):\n    @functools.wraps(function)\n    def inner():\n        return function('x')\n    return inner\n\n\n@given\ndef init(path):\n    pass\n\n\n"
            + RUN,
        ),
    ),
    Case(
        "SD104",
        "keyword-only",
        "import joblib\ndef init(*, path):\n    pass\n" + RUN,
        EXIT,
        "def init(*, path=1):\n    pass\n" + RUN,
    ),
    Case(
        "SD104",
        "class not instantiated",
        "import joblib\nclass M:\n    def init(self):\n        pass\ninit = M.init\n" + RUN,
        EXIT,
        "import joblib\nclass M:\n    def init(self):\n        pass\ninit = M().init\n" + RUN,
    ),
    Case("SD105", "nothing", after(MODEL, "def run():\n    return 1\n"), EXIT, after(MODEL, RUN)),
    Case(
        "SD105",
        "only headers",
        after(MODEL, "def run(request_headers):\n    return 1\n"),
        EXIT,
        after(MODEL, "def run(data, request_headers):\n    return 1\n"),
        near=(after(MODEL, "def run(*, data):\n    return 1\n"), after(MODEL, "def run(request_headers, data):\n    return 1\n")),
    ),
    Case(
        "SD105",
        "arguments for trying it out",
        after(
            MODEL,
            "def run(request_headers):\n    return 1\n\n\nif __name__ == '__main__':\n    import argparse\n    argparse.ArgumentParser()\n",
        ),
        EXIT,
        after(
            MODEL,
            "def run(data):\n    return 1\n\n\nif __name__ == '__main__':\n    import argparse\n    argparse.ArgumentParser()\n",
        ),
    ),
    Case("SD106", "args", after(MODEL, "def run(*args):\n    return 1\n"), EXIT, after(MODEL, RUN)),
    Case("SD106", "kwargs", after(MODEL, "def run(data, **kwargs):\n    return 1\n"), EXIT, after(MODEL, RUN)),
    Case("SD106", "positional-only", after(MODEL, "def run(data, /):\n    return 1\n"), EXIT, after(MODEL, RUN)),
    Case(
        "SD106",
        "decorator without wraps",
        after(
            PLAIN,
            """
            import time


            def timed(function):
                def wrapper(*args, **kwargs):
                    started = time.time()
                    result = function(*args, **kwargs)
                    print(time.time() - started)
                    return result
                return wrapper


            @timed
            def run(data):
                return 1
            """,
        ),
        EXIT,
        after(
            PLAIN,
            """
            import functools
            import time


            def timed(function):
                @functools.wraps(function)
                def wrapper(*args, **kwargs):
                    started = time.time()
                    result = function(*args, **kwargs)
                    print(time.time() - started)
                    return result
                return wrapper


            @timed
            def run(data):
                return 1
            """,
        ),
        near=(
            after(
                PLAIN,
                "def named(function):\n    def wrapper(data):\n        return function(data)\n    return wrapper\n\n\n@named\ndef run(data):\n    return 1\n",
            ),
            after(PLAIN, "import functools\n\n\n@functools.lru_cache(maxsize=None)\ndef run(data):\n    return 1\n"),
        ),
    ),
    Case(
        "SD107",
        "both",
        after(
            RAW,
            "from inference_schema.schema_decorators import input_schema\nfrom inference_schema.parameter_types.standard_py_parameter_type import StandardPythonParameterType\n\n\n@rawhttp\n@input_schema('data', StandardPythonParameterType([1]))\ndef run(data):\n    return 1\n",
        ),
        EXIT,
        after(SCHEMA, "@input_schema('data', StandardPythonParameterType([1]))\ndef run(data):\n    return 1\n"),
    ),
    Case(
        "SD107",
        "on a helper",
        after(
            SCHEMA,
            "from azureml.contrib.services.aml_request import rawhttp\n\n\n@rawhttp\ndef helper(request):\n    return 1\n\n\n@input_schema('data', StandardPythonParameterType([1]))\ndef run(data):\n    return 1\n",
        ),
        EXIT,
        after(
            SCHEMA,
            "from azureml.contrib.services.aml_request import rawhttp\n\n\n@input_schema('data', StandardPythonParameterType([1]))\ndef run(data):\n    return 1\n",
        ),
    ),
    Case(
        "SD108",
        "brackets",
        after(RAW, "@rawhttp()\ndef run(request):\n    return 1\n"),
        EXIT,
        after(RAW, "@rawhttp\ndef run(request):\n    return 1\n"),
        near=(after(RAW, "def run(request):\n    return 1\n\n\nrun = rawhttp(run)\n"),),
        fixed=True,
    ),
    Case(
        "SD109",
        "async init",
        script(
            """
            import joblib


            async def init():
                global model
                model = 1


            def run(data):
                return model
            """
        ),
        FAILS,
        "def init():\n    global model\n    model = 1\n\n\ndef run(data):\n    return model\n",
        near=(
            "import asyncio\n\n\nasync def load():\n    global model\n    model = 1\n\n\ndef init():\n    asyncio.run(load())\n\n\ndef run(data):\n    return model\n",
        ),
        fixed=True,
    ),
    Case(
        "SD109",
        "decorated",
        NAMED + "@named\nasync def init():\n    global model\n    model = 1\n\n\ndef run(data):\n    return model\n",
        FAILS,
        NAMED + "@named\ndef init():\n    global model\n    model = 1\n\n\ndef run(data):\n    return model\n",
        near=(
            "import asyncio\nimport functools\nimport joblib\n\n\ndef waited(function):\n    @functools.wraps(function)\n    def inner():\n        return asyncio.run(function())\n    return inner\n\n\n@waited\nasync def init():\n    global model\n    model = 1\n\n\ndef run(data):\n    return model\n",
        ),
        fixed=True,
    ),
    *(
        Case(
            "SD110",
            name,
            after(SCHEMA, f"@{bad}\ndef run(data):\n    return 1\n"),
            EXIT,
            after(SCHEMA, f"@{good}\ndef run(data):\n    return 1\n"),
            fixed=fixed,
        )
        for name, bad, good, fixed in (
            (
                "raw array",
                "input_schema('data', np.array([[1, 2]]))",
                "input_schema('data', NumpyParameterType(np.array([[1, 2]])))",
                True,
            ),
            (
                "raw frame",
                "input_schema('data', pd.DataFrame({'a': [1], 'b': [2]}))",
                "input_schema('data', PandasParameterType(pd.DataFrame({'a': [1], 'b': [2]}), enforce_shape=False))",
                False,
            ),
            ("raw dict", "input_schema('data', {'a': 1})", "input_schema('data', StandardPythonParameterType([[1]]))", False),
            ("raw list", "input_schema('data', [[1]])", "input_schema('data', StandardPythonParameterType([[1]]))", True),
            (
                "list for numpy",
                "input_schema('data', NumpyParameterType([[1, 2]]))",
                "input_schema('data', NumpyParameterType(np.array([[1, 2]])))",
                True,
            ),
            (
                "dict for pandas",
                "input_schema('data', PandasParameterType({'a': [1], 'b': [2]}))",
                "input_schema('data', PandasParameterType(pd.DataFrame({'a': [1], 'b': [2]})))",
                False,
            ),
            (
                "none",
                "input_schema('data', StandardPythonParameterType(None))",
                "input_schema('data', StandardPythonParameterType([[1]]))",
                False,
            ),
            (
                "array in standard",
                "input_schema('data', StandardPythonParameterType(np.array([1])))",
                "input_schema('data', NumpyParameterType(np.array([[1, 2]])))",
                False,
            ),
            (
                "array in dict",
                "input_schema('data', StandardPythonParameterType({'a': np.array([1])}))",
                "input_schema('data', StandardPythonParameterType([[1]]))",
                False,
            ),
            (
                "class",
                "input_schema('data', NumpyParameterType)",
                "input_schema('data', NumpyParameterType(np.array([[1, 2]])))",
                False,
            ),
            ("no type", "input_schema('data')", "input_schema('data', StandardPythonParameterType([[1]]))", False),
            ("output raw", "output_schema(np.array([1]))", "output_schema(NumpyParameterType(np.array([1])))", True),
            (
                "two outputs",
                "output_schema(StandardPythonParameterType(1))\n@output_schema(StandardPythonParameterType(2))",
                "output_schema(StandardPythonParameterType(1))",
                False,
            ),
        )
    ),
    *(
        Case(
            "SD110",
            name,
            after(SCHEMA, f"{bad}\ndef run(data):\n    return 1\n"),
            EXIT,
            after(SCHEMA, f"{good}\ndef run(data):\n    return 1\n"),
            severity=severity,
        )
        for name, bad, good, severity in (
            (
                "made in a function",
                "def sample():\n    return np.random.rand(1, 2)\n\n\n@input_schema('data', sample())",
                "def sample():\n    return np.random.rand(1, 2)\n\n\n@input_schema('data', NumpyParameterType(sample()))",
                "error",
            ),
            (
                "records for pandas",
                "def sample():\n    return pd.DataFrame({'a': [1], 'b': [2]}).to_dict(orient='records')\n\n\n@input_schema('data', PandasParameterType(sample()))",
                "def sample():\n    return pd.DataFrame({'a': [1], 'b': [2]})\n\n\n@input_schema('data', PandasParameterType(sample()))",
                "error",
            ),
            (
                "on one path",
                "def sample():\n    if json.dumps(1) == '1':\n        return np.array([[1, 2]])\n    return NumpyParameterType(np.array([[1, 2]]))\n\n\n@input_schema('data', sample())",
                "def sample():\n    if json.dumps(1) == '1':\n        return NumpyParameterType(np.array([[1, 2]]))\n    return StandardPythonParameterType([[1, 2]])\n\n\n@input_schema('data', sample())",
                "warning",
            ),
            (
                "list on one path",
                "rows = [[1, 2]] if json.dumps(1) == '1' else np.array([[1, 2]])\n\n\n@input_schema('data', NumpyParameterType(rows))",
                "rows = None\nif json.dumps(1) == '1':\n    rows = np.array([[1, 2]])\n\n\n@input_schema('data', NumpyParameterType(rows))",
                "warning",
            ),
        )
    ),
    Case(
        "SD111",
        "future annotations",
        "from __future__ import annotations\n\nimport joblib\nfrom dataclasses import dataclass\n\n\n@dataclass\nclass Row:\n    x: int\n\n\ndef init():\n    pass\n\n\n"
        + RUN,
        EXIT,
        "import joblib\nfrom dataclasses import dataclass\n\n\n@dataclass\nclass Row:\n    x: int\n\n\ndef init():\n    pass\n\n\n"
        + RUN,
        near=(
            "from __future__ import annotations\nimport joblib\nimport numpy as np\nfrom dataclasses import dataclass\n@dataclass\nclass Row:\n    x: np.ndarray\ndef init():\n    pass\n"
            + RUN,
            "from __future__ import annotations\nimport joblib\nfrom dataclasses import dataclass\n@dataclass\nclass Row:\n    pass\ndef init():\n    pass\n"
            + RUN,
            "from __future__ import annotations\nimport joblib\nfrom typing import NamedTuple\nclass Row(NamedTuple):\n    x: int\ndef init():\n    pass\n"
            + RUN,
            "from __future__ import annotations\nimport joblib\nfrom pydantic import BaseModel\nclass Row(BaseModel):\n    x: int\ndef init():\n    Row(x=1)\n"
            + RUN,
        ),
        fixed=True,
    ),
    Case(
        "SD111",
        "quoted",
        "import joblib\nimport dataclasses\n@dataclasses.dataclass(frozen=True)\nclass Row:\n    x: 'int'\ndef init():\n    pass\n"
        + RUN,
        EXIT,
        "import joblib\nimport dataclasses\n@dataclasses.dataclass(frozen=True)\nclass Row:\n    x: int\ndef init():\n    pass\n"
        + RUN,
    ),
    Case(
        "SD112",
        "relative",
        "import joblib\nfrom .helper import answer\n\n\ndef init():\n    pass\n\n\ndef run(data):\n    return answer()\n",
        EXIT,
        "import joblib\nfrom helper import answer\n\n\ndef init():\n    pass\n\n\ndef run(data):\n    return answer()\n",
        near=(
            "import joblib\ntry:\n    from .helper import answer\nexcept ImportError:\n    from helper import answer\ndef init():\n    pass\ndef run(data):\n    return answer()\n",
        ),
        files={"helper.py": "def answer():\n    return 1\n"},
        fixed=True,
    ),
    Case(
        "SD114",
        "sklearn externals",
        "from sklearn.externals import joblib\n\n\ndef init():\n    joblib.__name__\n\n\n" + RUN,
        EXIT,
        "import joblib\n\n\ndef init():\n    joblib.__name__\n\n\n" + RUN,
        near=(
            "try:\n    from sklearn.externals import joblib\nexcept ImportError:\n    import joblib\ndef init():\n    joblib.__name__\n"
            + RUN,
        ),
        severity="warning",  # without an environment the version is not known
        fixed=True,
    ),
    *(
        Case(
            "SD114",
            name,
            f"import joblib\n{bad}\n\n\ndef init():\n    pass\n\n\n{RUN}",
            EXIT,
            f"import joblib\n{good}\n\n\ndef init():\n    pass\n\n\n{RUN}",
            severity="warning",
        )
        for name, bad, good in (
            ("numpy float", "import numpy as np\nkind = np.float", "import numpy as np\nkind = float"),
            ("numpy from", "from numpy import float_", "from numpy import float64"),
            ("numpy NaN", "import numpy\nkind = numpy.NaN", "import numpy\nkind = numpy.nan"),
            ("cross validation", "from sklearn.cross_validation import KFold", "from sklearn.model_selection import KFold"),
            ("imputer", "from sklearn.preprocessing import Imputer", "from sklearn.impute import SimpleImputer"),
            (
                "json_normalize",
                "from pandas.io.json import json_normalize\npd = json_normalize",
                "from pandas import json_normalize",
            ),
            ("collections", "from collections import Iterable", "from collections.abc import Iterable"),
        )
        if name != "json_normalize"  # pandas 3 still has it
    ),
    Case(
        "SD113",
        "contrib services",
        "import joblib\nfrom azureml.contrib.services import rawhttp\n\n\ndef init():\n    pass\n\n\n" + RUN,
        EXIT,
        "import joblib\nfrom azureml.contrib.services.aml_request import rawhttp\n\n\ndef init():\n    pass\n\n\n" + RUN,
        severity="warning",  # a package that few have brings it
        fixed=True,
    ),
    *(
        Case(
            "SD113",
            name,
            f"import joblib\n{line}\n\n\ndef init():\n    pass\n\n\n" + RUN,
            EXIT,
            "import joblib\nfrom azureml.contrib.services.aml_request import AMLRequest, rawhttp\nfrom azureml.contrib.services.aml_response import AMLResponse\n\n\ndef init():\n    pass\n\n\n"
            + RUN,
            fixed=True,
        )
        for name, line in (
            ("response of the request", "from azureml.contrib.services.aml_request import AMLResponse, rawhttp"),
            ("request of the response", "from azureml_inference_server_http.api.aml_response import AMLRequest, AMLResponse"),
        )
    ),
    Case(
        "SD115",
        "init",
        "import json\n\n\ndef init():\n    global model\n    model = joblib.load(os.path.join(os.getenv('AZUREML_MODEL_DIR'), 'model.pkl'))\n\n\ndef run(data):\n    return model.predict([[1, 2]]).tolist()\n",
        EXIT,
        "import json\nimport os\n\nimport joblib\n\n\ndef init():\n    global model\n    model = joblib.load(os.path.join(os.getenv('AZUREML_MODEL_DIR'), 'model.pkl'))\n\n\ndef run(data):\n    return model.predict([[1, 2]]).tolist()\n",
        fixed=True,
    ),
    Case(
        "SD115",
        "module level",
        "import joblib\nSAMPLE = np.array([1])\n\n\ndef init():\n    pass\n\n\n" + RUN,
        EXIT,
        "import joblib\nimport numpy as np\nSAMPLE = np.array([1])\n\n\ndef init():\n    pass\n\n\n" + RUN,
        near=(
            "import joblib\ntry:\n    SAMPLE = np.array([1])\nexcept NameError:\n    SAMPLE = None\ndef init():\n    pass\n"
            + RUN,
        ),
        fixed=True,
    ),
)
