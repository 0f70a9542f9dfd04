#!/usr/bin/env python3
"""Runs the tool on a terminal: the progress line fits, words give the terminal no orders, signals are heeded or ignored.

Usage: terminal.py FIRTH; 77: this system cannot do it.
"""

import os
import signal
import subprocess
import sys
import tempfile
import time

try:
    import fcntl
    import pty
    import struct
    import termios
except ImportError:
    print("left out: there are no terminals here")
    sys.exit(77)

firth = sys.argv[1]
folder = tempfile.TemporaryDirectory()
os.chdir(folder.name)
failures = 0


def fail(message):
    global failures
    failures += 1
    print("FAILED:", message)


def everything(master, look=lambda so_far: None):
    """All that a terminal gets until nobody writes to it, which is looked at after each piece."""
    got = b""
    while True:
        try:
            piece = os.read(master, 65536)
        except OSError:
            piece = b""
        if not piece:
            os.close(master)
            return got
        got += piece
        look(got)


def on_terminal(arguments, columns, send=None, after=b"", environment=None):
    """The exit code and what a terminal of so many columns gets; `send` is a signal, sent once `after` was printed."""
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 25, columns, 0, 0))
    process = subprocess.Popen([firth, *arguments], stdin=slave, stdout=slave, stderr=slave,
                               env={**os.environ, **(environment or {})})
    os.close(slave)
    signals = [] if send is None else [send]
    got = everything(master, lambda so_far: process.send_signal(signals.pop()) if signals and after in so_far else None)
    return process.wait(), got.replace(b"\r\n", b"\n")


def rows(output):
    """What stands in the terminal's rows in the end, were none wrapped; and the longest row at any time."""
    longest = 0
    shown = []
    for line in output.split(b"\n"):
        row = b""
        for drawn in line.split(b"\r"):
            row = drawn + row[len(drawn):]
            longest = max(longest, len(row.decode()))
        shown.append(row.decode().rstrip())
    return shown, longest


with open("corpus.txt", "w") as text:
    for i in range(2000):
        text.write(f"tea with milk and sugar in a cup {i % 7}\ncar with engine and wheels on a road {i % 5}\n")
long = ["train", "--input", "corpus.txt", "--dim", "50", "--epochs", "100000", "--threads", "1", "--checkpoint-every", "0"]

# The progress line fits every width, its end is a line of its own, and so is why the tool stopped.
for columns in 6, 20, 40, 60, 80, 100, 200:
    code, output = on_terminal([*long, "--output", "stopped"], columns, signal.SIGINT, b"%  ep" if columns > 45 else b" %")
    shown, longest = rows(b"\n".join(line for line in output.split(b"\n") if b"%" in line))
    if longest >= columns:
        fail(f"{columns} columns: a line of {longest}: {output[:400]!r}")
    shown, _ = rows(output)
    if code != 130 or "firth: stopped; nothing was written" not in shown:
        fail(f"{columns} columns: exit code {code}, {shown}")
    if not any("%" in row for row in shown):
        fail(f"{columns} columns: no progress")
    if columns == 200 and not any(row.startswith("[") and "loss" in row and "left" in row for row in shown):
        fail(f"a part is missing at 200 columns: {shown}")
code, output = on_terminal([*long, "--output", "stopped"], 200, signal.SIGINT, b" %", {"COLUMNS": "40"})
if rows(b"\n".join(line for line in output.split(b"\n") if b"%" in line))[1] >= 40:
    fail("COLUMNS is not heeded")
code, output = on_terminal(["train", "--input", "corpus.txt", "--output", "v", "--dim", "5", "--epochs", "2"], 80)
shown, _ = rows(output)
if code != 0 or not any(row.startswith("wrote ") for row in shown) or b"\x1b" in output:
    fail(f"a training on a terminal: {shown}")

# Words of a file give the terminal no orders, and reach a pipe as they are.
word = "evil\x1b[2J\x07\x7f\u009bend"
with open("evil.vec", "wb") as vectors:
    vectors.write(f"3 2\n{word} 1 0\n".encode() + b"caf\xe9 0.9 0.1\nfine\xc3\xa9 0 1\n")
shown = r"evil\x1b[2J\x07\x7f\xc2\x9bend"
for arguments in (["neighbors", "--vectors", "evil.vec", b"fine\xc3\xa9"], ["info", "evil.vec"],
                  ["vectors", "--vectors", "evil.vec", word],
                  ["analogy", "--vectors", "evil.vec", b"fine\xc3\xa9", b"fine\xc3\xa9", b"fine\xc3\xa9"],
                  ["neighbors", "--vectors", "evil.vec", word + "x"]):
    code, output = on_terminal(arguments, 80)
    if shown.encode() not in output:
        fail(f"{arguments}: not {shown!r}: {output!r}")
    if b"\x1b" in output or b"\x07" in output or b"\x7f" in output or "\u009b".encode() in output or b"\xe9 " in output:
        fail(f"{arguments}: control characters on the terminal: {output!r}")
    if arguments[0] == "neighbors" and arguments[3] == b"fine\xc3\xa9" and rb"caf\xe9" not in output:
        fail(f"a byte that is no UTF-8: {output!r}")
code, output = on_terminal(["vectors", "--vectors", "evil.vec", b"fine\xc3\xa9"], 80)
if output != b"fine\xc3\xa9 0 1\n":
    fail(f"letters are not shown as they are: {output!r}")
piped = subprocess.run([firth, "vectors", "--vectors", "evil.vec", word], capture_output=True).stdout
if piped != f"{word} 1 0\n".encode():
    fail(f"a pipe got {piped!r}")

# Vectors in a pipe, with what is said on the terminal.
master, slave = pty.openpty()
process = subprocess.Popen([firth, "convert", "evil.vec", "-", "--format", "word2vec-text"], stdout=subprocess.PIPE,
                           stderr=slave)
os.close(slave)
piped = process.communicate()[0]
said = everything(master)
if process.returncode != 0 or not piped.startswith(f"3 2\n{word} 1 0\n".encode()) or b"wrote -" not in said:
    fail(f"vectors in a pipe beside a terminal: {process.returncode}, {piped!r}, {said!r}")

# Signals: one that was ignored stays so; a second one ends the tool at once.
for number in signal.SIGINT, signal.SIGTERM:
    def ignore(number=number):
        signal.signal(number, signal.SIG_IGN)
    training = ["train", "--input", "corpus.txt", "--dim", "50", "--epochs", "60", "--threads", "1", "--output", "ignored"]
    process = subprocess.Popen([firth, *training], stdout=subprocess.PIPE, stderr=subprocess.PIPE, preexec_fn=ignore)
    process.stderr.readline()  # what was read: training begins
    for _ in range(5):
        process.send_signal(number)
        time.sleep(0.02)
    output, error = process.communicate()
    if process.returncode != 0 or b"wrote" not in output:
        fail(f"an ignored {number.name} ended the training: {process.returncode}, {error!r}")
    process = subprocess.Popen([firth, *long, "--output", "heeded"], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                               preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL))
    process.stderr.readline()
    process.stderr.readline()
    process.send_signal(number)
    output, error = process.communicate()
    if process.returncode != 128 + number or b"firth: stopped; nothing was written\n" not in error:
        fail(f"{number.name}: {process.returncode}, {error!r}")

# Waiting for a pipe that nobody writes, the tool notes a signal and cannot look; the next one ends it.
os.mkfifo("pipe")
process = subprocess.Popen([firth, "convert", "pipe", "x"], stderr=subprocess.DEVNULL,
                           preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL))
for _ in range(3):
    time.sleep(0.2)
    process.send_signal(signal.SIGINT)
try:
    if process.wait(10) != -signal.SIGINT:
        fail(f"two signals gave {process.returncode}")
except subprocess.TimeoutExpired:
    fail("a second signal does not end the tool")
    process.kill()

print("all well" if failures == 0 else f"{failures} failures")
sys.exit(failures != 0)
