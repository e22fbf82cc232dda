import json

from azureml.contrib.services.aml_request import AMLRequest, rawhttp
from azureml.contrib.services.aml_response import AMLResponse


def init():
    global limit
    limit = 1_000_000


@rawhttp
def run(request: AMLRequest):
    if request.method == "GET":
        return AMLResponse(f"{request.full_path}", 200)
    if request.method != "POST":
        return AMLResponse("bad request, use POST", 500)
    body = request.get_data(False)
    if len(body) > limit:
        return AMLResponse("too large", 413)
    sizes = {"bytes": len(body), "text": len(json.dumps(body.decode()))}
    return AMLResponse(sizes, 200, json_str=True)
