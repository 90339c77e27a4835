def init():
    pass


def run(request_headers, data):
    return {"echo": data, "headers": {name: value for name, value in request_headers.items() if name != "Host"}}
