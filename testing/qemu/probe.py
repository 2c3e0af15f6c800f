#!/usr/bin/python3
"""What a QEMU, or a worker, that was taken over would try. Launched in its place; reads FOLDER/targets.json, writes FOLDER/reached.json:
of each thing that was tried, "reached", or why not. Where targets.json names one call, that alone is tried: "begun" is what is
left of it where the kernel ends who makes it. FOLDER is where `marks` of this file's folder leads."""
import ctypes, json, os, resource, signal, socket, struct, sys

HERE = os.path.dirname(os.path.abspath(__file__))
FOLDER = os.path.join(HERE, "marks")
with open(os.path.join(FOLDER, "targets.json")) as file:
    targets = json.load(file)
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
reached = {}


def attempt(name, act):
    try:
        act()
        reached[name] = "reached"
    except OSError as error:
        reached[name] = f"{type(error).__name__}: {error.strerror}"


def read(path):
    with open(path, "rb") as file:
        return file.read(1)


def opened(path):
    with open(path, "rb"):
        pass


def connected(path):
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(path)


def exported(path):
    """The names that an NBD server exports (NBD protocol, NBD_OPT_LIST)."""
    names = set()
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(10)
        client.connect(path)
        stream = client.makefile("rwb")
        stream.read(18)
        stream.write(struct.pack(">I8sII", 1, b"IHAVEOPT", 3, 0))
        stream.flush()
        while True:
            _, _, kind, length = struct.unpack(">QIII", stream.read(20))
            data = stream.read(length)
            if kind != 2:
                return names
            names.add(data[4:4 + struct.unpack(">I", data[:4])[0]].decode())


def listening(address):
    """By TCP, or at a socket without a file (unix(7), abstract)."""
    family = socket.AF_UNIX if isinstance(address, str) else socket.AF_INET
    with socket.socket(family) as client:
        client.settimeout(10)
        client.connect(address if isinstance(address, str) else tuple(address))


def others_exports(sockets, mine):
    refused = None
    for path in sockets:
        try:
            if exported(path) - {mine}:
                return
        except OSError as error:
            refused = error
    raise refused or OSError(0, "there are none")


def listed(path):
    if not os.listdir(path):
        raise OSError(0, "there is nothing")


def filled(folder, bound):
    """In files of 1 MiB, each of which may be made."""
    paths = [os.path.join(folder, f"lodge-probe-{os.getpid()}-{part}") for part in range(bound >> 20)]
    try:
        for path in paths:
            with open(path, "wb", buffering=0) as file:
                if file.write(bytes(1 << 20)) < 1 << 20:
                    raise OSError(0, "no room")
    finally:
        for path in filter(os.path.exists, paths):
            os.unlink(path)


def grown(bound):
    """Every file that is open for writing and is a drive's."""
    for fd in map(int, os.listdir("/proc/self/fd")):
        try:
            if ".raw" not in os.readlink(f"/proc/self/fd/{fd}"):
                continue
            length = os.fstat(fd).st_size
        except OSError:
            continue
        os.pwrite(fd, b"x", bound)
        os.ftruncate(fd, length)
        return
    raise OSError(0, "no drive is open")


def written(path, bound):
    """A byte at an end that is far behind its own, which is cut off again."""
    length = os.stat(path).st_size
    with open(path, "r+b", buffering=0) as file:
        os.pwrite(file.fileno(), b"x", bound)
        os.ftruncate(file.fileno(), length)


def opened_wider(path):
    mode = os.stat(path).st_mode & 0o777
    os.chmod(path, 0o666)
    os.chmod(path, mode)


def same_namespace(kind):
    if os.readlink(f"/proc/self/ns/{kind}") != targets["namespaces"][kind]:
        raise OSError(0, "another namespace")


def core_file():
    if resource.getrlimit(resource.RLIMIT_CORE)[1] == 0:
        raise OSError(0, "no core file")


def environment():
    with open("/proc/self/environ") as file:
        names = {each.split("=")[0] for each in file.read().split("\0") if each}
    if not names - {"PWD", *targets.get("environment", [])}:
        raise OSError(0, "there is nothing in it")


def noted(outcome):
    with open(os.path.join(FOLDER, "reached.json"), "w") as file:
        json.dump(outcome, file)


def attached(pid):
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.ptrace(16, pid, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    os.waitpid(pid, 0x40000000)
    libc.ptrace(17, pid, 0, 0)


def forked():
    pid = os.fork()
    if pid == 0:
        os._exit(0)
    os.waitpid(pid, 0)


CALLS = {
    "tracing": lambda: attached(targets["processes"]["another QEMU"]),
    "a new process": forked,
    "a namespace": lambda: ctypes.CDLL(None).unshare(0x40000000),
    "a mount": lambda: ctypes.CDLL(None).mount(None, None, None, 0, None),
}
if "call" in targets:
    noted({"call": "begun"})
    attempt("call", CALLS[targets["call"]])
    noted(reached)
    sys.exit()


for name, pid in targets["processes"].items():
    attempt(f"memory of {name}", lambda: opened(f"/proc/{pid}/mem"))
    attempt(f"descriptors of {name}", lambda: listed(f"/proc/{pid}/fd"))
    attempt(f"environment of {name}", lambda: opened(f"/proc/{pid}/environ"))
    attempt(f"signal to {name}", lambda: os.kill(pid, 0))
for name, path in targets["sockets"].items():
    attempt(f"socket: {name}", lambda: connected(path))
for name, address in targets.get("listeners", {}).items():
    attempt(f"network: {name}", lambda: listening(address))
for name, path in targets.get("read-only", {}).items():
    attempt(f"writing on {name}", lambda: open(path, "r+b").close())
for name, path in targets.get("written", {}).items():
    attempt(f"{name} without bound", lambda: written(path, 1 << 34))
    attempt(f"{name} for everybody", lambda: opened_wider(path))
attempt("an export of another's drive", lambda: others_exports(**targets["exports"]))
for name, path in targets["files"].items():
    attempt(f"file: {name}", lambda: read(path))
for name, path in targets["folders"].items():
    attempt(f"folder: {name}", lambda: listed(path))
    attempt(f"sight of {name}", lambda: os.stat(path))
for folder in ["/tmp", "/dev/shm"]:
    attempt(f"{folder} without bound", lambda: filled(folder, 64 << 20))
for path in ["/usr/lib/lodge-probe", "/dev/lodge-probe", "/lodge-probe"]:
    attempt(f"a file in {os.path.dirname(path)}", lambda: (open(path, "w").close(), os.unlink(path)))
if "written" not in targets:
    attempt("its own drive without bound", lambda: grown(1 << 34))
attempt("a core file", core_file)
attempt("an environment", environment)
for kind in targets["namespaces"]:
    attempt(f"the machine's namespace: {kind}", lambda: same_namespace(kind))

noted(reached)
