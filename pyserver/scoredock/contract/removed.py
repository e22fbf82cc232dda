"""Names that libraries took away, with the version that did."""

from __future__ import annotations

from typing import NamedTuple


class Removed(NamedTuple):
    """``name`` (dotted, as imported) left ``distribution`` in ``version``; ``instead`` is what to write."""

    name: str
    distribution: str
    version: str
    instead: str


def _table() -> dict[str, Removed]:
    rows = [
        # scikit-learn: changelogs of 0.20, 0.22, 0.23, 0.24, 1.2
        ("sklearn.externals.joblib", "scikit-learn", "0.23", "import joblib"),
        ("sklearn.externals.six", "scikit-learn", "0.23", "import six"),
        ("sklearn.cross_validation", "scikit-learn", "0.20", "from sklearn.model_selection import …"),
        ("sklearn.grid_search", "scikit-learn", "0.20", "from sklearn.model_selection import …"),
        ("sklearn.preprocessing.Imputer", "scikit-learn", "0.22", "from sklearn.impute import SimpleImputer"),
        ("sklearn.preprocessing.imputation", "scikit-learn", "0.24", "from sklearn.impute import SimpleImputer"),
        ("sklearn.datasets.load_boston", "scikit-learn", "1.2", "another dataset"),
        ("sklearn.datasets.samples_generator", "scikit-learn", "0.24", "from sklearn.datasets import …"),
        ("sklearn.ensemble.forest", "scikit-learn", "0.24", "from sklearn.ensemble import …"),
        ("sklearn.linear_model.logistic", "scikit-learn", "0.24", "from sklearn.linear_model import …"),
        ("sklearn.tree.tree", "scikit-learn", "0.24", "from sklearn.tree import …"),
        ("sklearn.svm.classes", "scikit-learn", "0.24", "from sklearn.svm import …"),
        ("sklearn.neighbors.base", "scikit-learn", "0.24", "from sklearn.neighbors import …"),
        ("sklearn.metrics.plot_confusion_matrix", "scikit-learn", "1.2", "ConfusionMatrixDisplay.from_estimator"),
        ("sklearn.utils.testing", "scikit-learn", "0.24", "numpy.testing"),
        # numpy 1.24 and 2.0
        *((f"numpy.{name}", "numpy", "1.24", new) for name, new in _NUMPY_ALIASES),
        *((f"numpy.{name}", "numpy", "2.0", new) for name, new in _NUMPY_TWO),
        # pandas
        ("pandas.io.json.json_normalize", "pandas", "2.0", "pandas.json_normalize"),
        ("pandas.Panel", "pandas", "1.0", "a MultiIndex DataFrame"),
        ("pandas.np", "pandas", "2.0", "import numpy as np"),
        ("pandas.datetime", "pandas", "2.0", "from datetime import datetime"),
        ("pandas.Int64Index", "pandas", "2.0", "pandas.Index"),
        ("pandas.Float64Index", "pandas", "2.0", "pandas.Index"),
        # scipy
        ("scipy.misc.imread", "scipy", "1.2", "imageio.imread"),
        ("scipy.misc.imresize", "scipy", "1.3", "PIL.Image.resize"),
        ("scipy.interp", "scipy", "1.10", "numpy.interp"),
        # TensorFlow and Keras
        ("tensorflow.contrib", "tensorflow", "2.0", "TensorFlow 2's own modules"),
        ("tensorflow.placeholder", "tensorflow", "2.0", "tf.compat.v1.placeholder"),
        ("tensorflow.Session", "tensorflow", "2.0", "tf.compat.v1.Session"),
        ("tensorflow.keras.wrappers", "tensorflow", "2.16", "scikeras"),
        ("keras.utils.np_utils", "keras", "2.13", "keras.utils"),
        ("keras.wrappers", "keras", "3.0", "scikeras"),
        ("keras.preprocessing.text", "keras", "3.0", "keras.layers.TextVectorization"),
        # Python itself
        *((f"collections.{name}", "python", "3.10", f"from collections.abc import {name}") for name in _ABSTRACT),
        *((name, "python", "3.12", new) for name, new in _MODULES_312),
        *((name, "python", "3.13", new) for name, new in _MODULES_313),
        ("inspect.getargspec", "python", "3.11", "inspect.getfullargspec"),
        ("time.clock", "python", "3.8", "time.perf_counter"),
        ("fractions.gcd", "python", "3.9", "math.gcd"),
        ("base64.encodestring", "python", "3.9", "base64.encodebytes"),
        ("base64.decodestring", "python", "3.9", "base64.decodebytes"),
        ("asyncio.coroutine", "python", "3.11", "async def"),
        # Werkzeug and Flask
        ("flask.escape", "flask", "3.0", "from markupsafe import escape"),
        ("flask.Markup", "flask", "3.0", "from markupsafe import Markup"),
        ("flask.json.JSONEncoder", "flask", "2.3", "flask.json.provider.JSONProvider"),
        ("werkzeug.secure_filename", "werkzeug", "1.0", "from werkzeug.utils import secure_filename"),
        ("jinja2.Markup", "jinja2", "3.1", "from markupsafe import Markup"),
        ("jinja2.escape", "jinja2", "3.1", "from markupsafe import escape"),
    ]
    return {row[0]: Removed(*row) for row in rows}


_NUMPY_ALIASES = (
    ("float", "float"),
    ("int", "int"),
    ("bool", "bool"),
    ("object", "object"),
    ("str", "str"),
    ("complex", "complex"),
    ("typeDict", "np.sctypeDict"),
)
_NUMPY_TWO = (
    ("float_", "np.float64"),
    ("complex_", "np.complex128"),
    ("unicode_", "np.str_"),
    ("string_", "np.bytes_"),
    ("Inf", "np.inf"),
    ("Infinity", "np.inf"),
    ("NaN", "np.nan"),
    ("infty", "np.inf"),
    ("product", "np.prod"),
    ("cumproduct", "np.cumprod"),
    ("alltrue", "np.all"),
    ("sometrue", "np.any"),
    ("asfarray", "np.asarray"),
    ("cast", "np.asarray"),
    ("find_common_type", "np.result_type"),
    ("issctype", "np.issubdtype"),
)
_ABSTRACT = (
    *("Mapping", "MutableMapping", "Iterable", "Iterator", "Sequence", "MutableSequence", "Set", "MutableSet", "Callable"),
    *("Container", "Sized", "Hashable", "Generator", "Awaitable", "Coroutine", "KeysView", "ValuesView", "ItemsView"),
)
_MODULES_312 = (
    ("imp", "importlib"),
    ("distutils", "setuptools or packaging"),
    ("asyncore", "asyncio"),
    ("asynchat", "asyncio"),
    ("smtpd", "aiosmtpd"),
)
_MODULES_313 = (
    ("cgi", "email.message or another parser"),
    ("cgitb", "traceback"),
    ("imghdr", "filetype"),
    ("sndhdr", "filetype"),
    ("pipes", "shlex and subprocess"),
    ("telnetlib", "another library"),
    ("crypt", "hashlib"),
    ("uu", "base64"),
    ("xdrlib", "struct"),
    ("lib2to3", "libcst"),
)

REMOVED = _table()
