"""Libcloud's ElasticHosts driver, as Debian has it, called from outside.

A line of JSON on the input is a call: ["METHOD", {"ARGUMENT": VALUE, ...}]. Each is answered by a line of JSON on the
output, {"result": ...} or {"error": "..."}. An argument `node`, `image` or `size` is given by its id and looked up as
users of the driver do, in what the driver lists; a `size` may also be an object, for a plan of one's own.
"""

import json
import sys

from libcloud.compute.base import Node, NodeImage, NodeSize
from libcloud.compute.drivers.elasticstack import ElasticStackNodeSize
from libcloud.compute.providers import get_driver
from libcloud.compute.types import Provider

SHOWN = {
    Node: ("id", "name", "state", "public_ips", "extra"),
    NodeSize: ("id", "name", "cpu", "ram", "disk"),
    NodeImage: ("id", "name", "extra"),
}


def lookup(driver, argument, value):
    if argument == "size" and isinstance(value, dict):
        return ElasticStackNodeSize(**value, bandwidth=None, price=None, driver=driver)
    if argument in ("node", "image", "size"):
        listed = getattr(driver, "list_%ss" % argument)()
        return next(item for item in listed if item.id == value)
    return value


def shown(value):
    if isinstance(value, list):
        return [shown(item) for item in value]
    for kind, names in SHOWN.items():
        if isinstance(value, kind):
            return {name: getattr(value, name) for name in names}
    return value


def main(host, port, user, secret):
    driver = get_driver(Provider.ELASTICHOSTS)(user, secret, secure=False, host=host, port=int(port))
    for line in sys.stdin:
        method, arguments = json.loads(line)
        try:
            given = {name: lookup(driver, name, value) for name, value in arguments.items()}
            answer = {"result": shown(getattr(driver, method)(**given))}
        except Exception as error:  # whatever the driver raises is its answer
            answer = {"error": "%s: %s" % (type(error).__name__, error)}
        print(json.dumps(answer), flush=True)


main(*sys.argv[1:])
