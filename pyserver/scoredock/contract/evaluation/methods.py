"""What methods and attributes of known things give."""

from __future__ import annotations

from scoredock.contract.evaluation.library import ARRAY, FRAME, GUESSED, MODEL, SERIES, TENSOR
from scoredock.contract.evaluation.values import ANY, BOOL, INT, NONE, STR, Mapping, Object, Sequence, Value, type_of
from scoredock.contract.words import words

JSON_TEXT = Object("str", tags=frozenset({"json"}))
LIST = Sequence("list", None)
DICT = Mapping((), ANY)

_SAME_ARRAY = words(
    """astype reshape round ravel flatten transpose squeeze copy clip repeat argsort swapaxes cumsum view byteswap"""
)
_SAME_FRAME = words(
    """head tail copy fillna dropna drop rename reset_index set_index astype sort_values sort_index assign round replace
    reindex drop_duplicates merge join select_dtypes transpose abs applymap clip infer_objects convert_dtypes"""
)
_SAME_TENSOR = words(
    """detach cpu cuda to float double half int long softmax sigmoid squeeze unsqueeze view reshape flatten clone argmax mean
    sum exp round permute transpose contiguous"""
)
_STR_TO_STR = words(
    """strip lstrip rstrip lower upper title capitalize replace format join zfill ljust rjust center swapcase casefold
    removeprefix removesuffix expandtabs translate"""
)

# (type, method) -> what the call gives.
METHODS: dict[tuple[str, str], Value] = {}
for _name in _SAME_ARRAY:
    METHODS[ARRAY, _name] = Object(ARRAY)
for _name in _SAME_FRAME:
    METHODS[FRAME, _name] = Object(FRAME)
for _name in (*_SAME_FRAME, "map"):
    METHODS[SERIES, _name] = Object(SERIES)
for _name in _SAME_TENSOR:
    METHODS[TENSOR, _name] = Object(TENSOR)
for _name in _STR_TO_STR:
    METHODS["str", _name] = STR
METHODS |= {
    (ARRAY, "tolist"): ANY,  # a scalar for an array without dimensions
    (ARRAY, "item"): ANY,
    (ARRAY, "tobytes"): Object("bytes"),
    (ARRAY, "tostring"): Object("bytes"),
    (FRAME, "to_json"): JSON_TEXT,
    (FRAME, "to_dict"): ANY,
    (FRAME, "to_csv"): STR,
    (FRAME, "to_string"): STR,
    (FRAME, "to_html"): STR,
    (FRAME, "to_numpy"): Object(ARRAY),
    (FRAME, "as_matrix"): Object(ARRAY),
    (FRAME, "mean"): Object(SERIES),
    (FRAME, "sum"): Object(SERIES),
    (FRAME, "max"): Object(SERIES),
    (FRAME, "min"): Object(SERIES),
    (FRAME, "itertuples"): Object("generator"),
    (FRAME, "iterrows"): Object("generator"),
    (FRAME, "groupby"): Object("pandas.GroupBy"),
    (SERIES, "to_json"): JSON_TEXT,
    (SERIES, "to_dict"): ANY,
    (SERIES, "to_list"): LIST,
    (SERIES, "tolist"): LIST,
    (SERIES, "to_numpy"): Object(ARRAY),
    (SERIES, "to_frame"): Object(FRAME),
    (SERIES, "unique"): ANY,
    (TENSOR, "numpy"): Object(ARRAY),
    (TENSOR, "tolist"): ANY,
    (TENSOR, "item"): ANY,
    ("str", "encode"): Object("bytes"),
    ("str", "split"): Sequence("list", None, STR),
    ("str", "splitlines"): Sequence("list", None, STR),
    ("str", "find"): INT,
    ("str", "count"): INT,
    ("str", "startswith"): BOOL,
    ("str", "endswith"): BOOL,
    ("str", "isdigit"): BOOL,
    ("bytes", "decode"): STR,
    ("bytes", "hex"): STR,
    ("datetime.datetime", "isoformat"): STR,
    ("datetime.datetime", "strftime"): STR,
    ("datetime.datetime", "timestamp"): Object("float"),
    ("datetime.datetime", "date"): Object("datetime.date"),
    ("datetime.date", "isoformat"): STR,
    ("datetime.date", "strftime"): STR,
    ("pandas.Timestamp", "isoformat"): STR,
    ("pandas.Timestamp", "strftime"): STR,
    ("io.BytesIO", "getvalue"): Object("bytes"),
    ("io.BytesIO", "read"): Object("bytes"),
    ("io.StringIO", "getvalue"): STR,
    ("keras.Model", "predict"): Object(ARRAY),
    ("keras.Model", "predict_on_batch"): Object(ARRAY),
    ("sentence_transformers.SentenceTransformer", "encode"): Object(ARRAY),
    ("onnxruntime.InferenceSession", "run"): Sequence("list", None, Object(ARRAY, sure=False)),
    ("flask.Request", "get_data"): Object("bytes", sure=False),  # text with as_text=True
    ("flask.Request", "get_json"): ANY,
    ("dict", "keys"): Object("dict_keys"),
    ("dict", "values"): Object("dict_values"),
    ("dict", "items"): Object("dict_items"),
    ("list", "append"): NONE,
    ("list", "sort"): NONE,
    ("list", "extend"): NONE,
    ("list", "index"): INT,
    ("list", "count"): INT,
    ("logging.Logger", "info"): NONE,
    ("logging.Logger", "debug"): NONE,
}

# What estimators of scikit-learn, XGBoost, LightGBM and CatBoost give arrays from.
PREDICTING = frozenset(
    words("""predict predict_proba predict_log_proba decision_function score_samples inverse_transform fit_predict""")
)

# (type, attribute) -> what it is, without a call.
ATTRIBUTES: dict[tuple[str, str], Value] = {
    (ARRAY, "T"): Object(ARRAY),
    (ARRAY, "shape"): Sequence("tuple", None, INT),
    (ARRAY, "size"): INT,
    (ARRAY, "ndim"): INT,
    (ARRAY, "dtype"): Object("numpy.dtype"),
    (ARRAY, "real"): Object(ARRAY),
    (FRAME, "values"): Object(ARRAY),
    (FRAME, "T"): Object(FRAME),
    (FRAME, "shape"): Sequence("tuple", None, INT),
    (FRAME, "columns"): Object("pandas.Index"),
    (FRAME, "index"): Object("pandas.Index"),
    (FRAME, "dtypes"): Object(SERIES),
    (SERIES, "values"): Object(ARRAY),
    (SERIES, "index"): Object("pandas.Index"),
    (TENSOR, "data"): Object(TENSOR),
    (TENSOR, "shape"): ANY,
    (TENSOR, "T"): Object(TENSOR),
    ("flask.Request", "method"): STR,
    ("flask.Request", "path"): STR,
    ("flask.Request", "data"): Object("bytes"),
    ("flask.Request", "full_path"): STR,
    ("flask.Request", "url"): STR,
}

# Attributes that exist but are no methods, or of which nothing is known: reading them is never "a method not called".
PLAIN = {
    FRAME: frozenset(words("loc iloc at iat str dt plot style attrs empty size ndim axes flags")),
    SERIES: frozenset(words("loc iloc at iat str dt plot cat name dtype shape size ndim empty hasnans array T")),
    ARRAY: frozenset(words("flat imag itemsize nbytes strides base flags ctypes data")),
}


def call_method(receiver: Value, name: str) -> Value:
    """What calling a method of something known gives."""
    kind = type_of(receiver)
    if kind is None:
        return ANY
    if kind in (MODEL, GUESSED) and name in PREDICTING:
        return Object(ARRAY, sure=kind == MODEL or (isinstance(receiver, Object) and receiver.sure))
    if kind == GUESSED:
        return ANY
    found = METHODS.get((kind, name), ANY)
    if isinstance(found, Object) and isinstance(receiver, Object):
        sure = found.sure and receiver.sure
        tags = receiver.tags & {"error"} if found.type == "str" else frozenset()
        if sure != found.sure or tags:
            return Object(found.type, sure, found.tags | tags)
    return found
