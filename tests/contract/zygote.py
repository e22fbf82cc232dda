"""Runs in the environment of the real inference server: loads its own WSGI application over a script, in a forked child.

Reads one JSON case a line, answers one JSON line: `{"exit": 3}` as the worker would exit, or the answers to the requests.
All third-party imports are done once, before forking, so that a case takes a tenth of a second.
"""

import contextlib
import importlib
import json
import os
import select
import signal
import sys
import traceback

# What the scripts of the cases and the server itself import; an older environment lacks some of it.
PRELOADED = (
    *("azure.monitor.opentelemetry.exporter", "flask", "flask_cors", "opencensus.ext.azure", "pydantic_settings"),
    "inference_schema.parameter_types.numpy_parameter_type",
    "inference_schema.parameter_types.pandas_parameter_type",
    "inference_schema.parameter_types.standard_py_parameter_type",
    *("inference_schema.schema_decorators", "joblib", "numpy", "pandas", "sklearn.linear_model", "sklearn.pipeline"),
)
for module in PRELOADED:
    with contextlib.suppress(ImportError):
        importlib.import_module(module)
PATIENCE = 30


def serve(case):
    """In the child: what gunicorn's worker does, up to the socket."""
    os.environ.update(case["environment"])
    os.chdir(case["folder"])
    seen = {"exit": None, "answers": []}
    try:
        from azureml_inference_server_http.server.entry import app
    except SystemExit as stop:
        return {"exit": stop.code, "answers": []}
    client = app.test_client()
    seen["health"] = client.get("/").status_code
    for request in case["requests"]:
        body = request["body"].encode("latin-1")
        try:
            response = client.open("/score", method=request["method"], data=body, content_type=request["type"])
            answer = {
                "status": response.status_code,
                "body": response.get_data().decode("latin-1"),
                "failed": response.headers.get("x-ms-run-function-failed"),
            }
        except Exception as error:
            # What leaves the application is gunicorn's to answer, and it answers 500.
            answer = {"status": 500, "body": repr(error), "failed": None}
        seen["answers"].append(answer)
    return seen


def child(case, result):
    log = os.open(case["log"], os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    os.dup2(log, 1)
    os.dup2(log, 2)
    try:
        seen = serve(case)
    except BaseException:
        seen = {"exit": "crash", "answers": [], "trace": traceback.format_exc()}
    with contextlib.suppress(OSError):
        os.write(result, json.dumps(seen).encode())
    os._exit(0)


def say(line):
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def main():
    say("ready")
    for line in sys.stdin:
        case = json.loads(line)
        reader, writer = os.pipe()
        pid = os.fork()
        if pid == 0:
            os.close(reader)
            child(case, writer)
        os.close(writer)
        data = b""
        while True:
            ready, _, _ = select.select([reader], [], [], PATIENCE)
            if not ready:
                os.kill(pid, signal.SIGKILL)
                data = json.dumps({"exit": "hung", "answers": []}).encode()
                break
            part = os.read(reader, 65536)
            if not part:
                break
            data += part
        os.close(reader)
        _, status = os.waitpid(pid, 0)
        say(data.decode() or json.dumps({"exit": f"died {status}", "answers": []}))


if __name__ == "__main__":
    main()
