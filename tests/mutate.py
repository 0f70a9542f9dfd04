#!/usr/bin/env python3
"""Puts small faults into the headers, one at a time, and sees whether a test notices.

The faults are listed in tests/mutations/*.toml:

    [[mutation]]
    header = "train/sequence/sequence_loop.hpp"      # below include/firth/
    fault = "subsampling never happens"
    pattern = '''subsampler_.keep(id, random.bits32())'''
    replacement = '''true'''
    test = "train"                          # the program test_train, or the ctest test of this name
    cases = "[loop]"                        # optional: only these of its test cases
    after = '''void add_chunk('''           # optional: where the pattern is looked for
    unnoticeable = "why no test can see it" # optional: a change that makes no difference

All of them are built into one copy of the tree; the environment variable FIRTH_MUTANT chooses one when a test runs. A pattern
that ends with ";" or "}" is one or more statements, any other an operand of an expression. It must occur exactly once.

Ends with 1 where a fault is not noticed, and with 2 where the list does not fit the headers. Tests run without data files from
outside the tree.
"""

import argparse
import concurrent.futures
import os
import pathlib
import random
import re
import shutil
import subprocess
import sys
import tempfile
import time
import tomllib

ROOT = pathlib.Path(__file__).resolve().parent.parent
KEYS = {"header", "fault", "pattern", "replacement", "test", "cases", "after", "unnoticeable"}

MUTANT_HEADER = """#pragma once
#include <cstdlib>
#include <type_traits>
namespace firth_mutant {
inline const int chosen = [] {
    const char* const number = std::getenv("FIRTH_MUTANT");
    return number != nullptr ? std::atoi(number) : 0;
}();
constexpr bool is(int number) noexcept {
    if (std::is_constant_evaluated()) return false;
    return chosen == number;
}
} // namespace firth_mutant
"""


class ListError(Exception):
    """A list of mutations that does not fit the headers."""


def read_lists(folder):
    mutations = []
    for path in sorted(folder.glob("*.toml")):
        try:
            entries = tomllib.loads(path.read_text()).get("mutation", [])
        except tomllib.TOMLDecodeError as error:
            raise ListError(f"{path.name}: {error}") from None
        for position, entry in enumerate(entries, 1):
            place = f"{path.name}, mutation {position}"
            missing = {"header", "fault", "pattern", "replacement", "test"} - entry.keys()
            if missing or entry.keys() - KEYS:
                raise ListError(f"{place}: missing {sorted(missing)}, unknown {sorted(entry.keys() - KEYS)}")
            mutations.append({**entry, "list": path.stem, "place": place})
            check_form(mutations[-1])
    for number, mutation in enumerate(mutations, 1):
        mutation["number"] = number
    return mutations


def check_form(mutation):
    """Throws where a pattern is neither statements nor an operand, or its replacement not the same: it would not compile."""
    for key in "pattern", "replacement":
        code = mutation[key].strip()
        open_ones = []
        for character in re.sub(r"'\\?.'|\"(\\.|[^\"\\])*\"", "", code):
            if character in "([{":
                open_ones.append(character)
            elif character in ")]}" and (not open_ones or "([{".index(open_ones.pop()) != ")]}".index(character)):
                raise ListError(f"{mutation['place']}: {code!r} closes what it did not open")
        if open_ones:
            raise ListError(f"{mutation['place']}: {code!r} leaves {open_ones[-1]!r} open")
        is_operand = mutation["pattern"].rstrip()[-1] not in ";}"
        if is_operand and re.search(r"^(if|for|while|return|break|continue)\b|^([-+*/%&|^]?[=<>]|[?:]|&&|\|\|)|[-+*/%&|^=?:,]$", code):
            raise ListError(f"{mutation['place']}: {code!r} is no operand, and no whole statement that ends in ; or }}")


def locate(mutation, text):
    """Where the pattern stands: (begin, end)."""
    start = 0
    if "after" in mutation:
        start = text.find(mutation["after"])
        if start < 0:
            raise ListError(f"{mutation['place']}: {mutation['header']} does not hold its \"after\"")
    pattern = mutation["pattern"]
    begin = text.find(pattern, start)
    if begin < 0:
        raise ListError(f"{mutation['place']}: {mutation['header']} does not hold {pattern!r}")
    if "after" not in mutation and text.find(pattern, begin + 1) >= 0:
        raise ListError(f"{mutation['place']}: {mutation['header']} holds {pattern!r} more than once")
    return begin, begin + len(pattern)


def mutate(text, mutations):
    """The text of a header with all its mutations in it; patterns may lie within each other."""
    spans = [(*locate(mutation, text), mutation) for mutation in mutations]
    # Outer ones first; of two with the same text the later one is inside.
    spans.sort(key=lambda span: (span[0], -span[1], span[2]["number"]))

    def emit(begin, end, inner):
        parts = []
        while inner:
            first, last, mutation = inner[0]
            within = 1
            while within < len(inner) and inner[within][0] < last:
                if inner[within][1] > last:
                    raise ListError(f"{mutation['place']} and {inner[within][2]['place']} overlap")
                within += 1
            parts.append(text[begin:first])
            original = emit(first, last, inner[1:within])
            chosen = f"::firth_mutant::is({mutation['number']})"
            if mutation["pattern"].rstrip()[-1] in ";}":
                parts.append(f"{{ if ({chosen}) {{ {mutation['replacement']} }} else {{ {original} }} }}")
            else:
                parts.append(f"({chosen} ? ({mutation['replacement']}) : ({original}))")
            begin = last
            inner = inner[within:]
        parts.append(text[begin:end])
        return "".join(parts)

    mutated = emit(0, len(text), spans)
    return mutated.replace("#pragma once\n", "#pragma once\n#include <firth/mutant.hpp>\n", 1)


def write_if_changed(path, content):
    if path.exists() and path.read_bytes() == content:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def mutated_headers(mutations):
    """The content of each header that has mutations, by its name in the tree."""
    by_header = {}
    for mutation in mutations:
        by_header.setdefault("include/firth/" + mutation["header"], []).append(mutation)
    mutated = {}
    for name, its_mutations in by_header.items():
        if not (ROOT / name).is_file():
            raise ListError(f"{its_mutations[0]['place']}: there is no {name}")
        mutated[name] = mutate((ROOT / name).read_text(), its_mutations).encode()
    return mutated


def copy_tree(mutations, source):
    """The tree with mutated headers; files that stay the same keep their times, for a quick build."""
    listed = subprocess.run(["git", "ls-files", "-co", "--exclude-standard", "-z"], cwd=ROOT, check=True,
                            capture_output=True).stdout.decode().split("\0")
    names = [name for name in listed if name and (ROOT / name).is_file()]
    mutated = mutated_headers(mutations)
    for name in names:
        content = mutated[name] if name in mutated else (ROOT / name).read_bytes()
        write_if_changed(source / name, content)
        shutil.copymode(ROOT / name, source / name)
    write_if_changed(source / "include/firth/mutant.hpp", MUTANT_HEADER.encode())
    kept = set(names) | {"include/firth/mutant.hpp"}
    for path in source.rglob("*"):
        if path.is_file() and str(path.relative_to(source)) not in kept:
            path.unlink()


def build(source, binary, tests, jobs):
    subprocess.run(["cmake", "-S", source, "-B", binary, "-DCMAKE_BUILD_TYPE=Release", "-DCMAKE_CXX_FLAGS=-w",
                    "-DFIRTH_BUILD_BENCHMARKS=OFF", "-DCMAKE_UNITY_BUILD=ON", "-DCMAKE_UNITY_BUILD_BATCH_SIZE=0",
                    "-DFIRTH_DISPATCH_ONLY=sse2;avx2"], check=True, stdout=subprocess.DEVNULL)
    targets = sorted("firth_tool" if test.startswith("tool") else f"test_{test}" for test in tests)
    subprocess.run(["cmake", "--build", binary, "--parallel", str(jobs), "--target", *dict.fromkeys(targets)], check=True,
                   stdout=subprocess.DEVNULL)


def command_of(mutation, binary):
    test = mutation["test"]
    programs = [path for path in binary.rglob(f"test_{test}") if path.is_file() and os.access(path, os.X_OK)]
    if programs:
        return [programs[0], *([mutation["cases"]] if "cases" in mutation else [])]
    return ["ctest", "--test-dir", binary, "--no-tests=error", "-R", f"^{test}$"]


def run(command, number, timeout):
    """(whether the test passed, seconds, its last lines); a test that runs into the time limit has failed."""
    with tempfile.TemporaryDirectory(prefix="firth-mutant-") as folder:
        environment = {**os.environ, "FIRTH_MUTANT": str(number), "FIRTH_DATA_DIR": folder + "/none", "TMPDIR": folder}
        begin = time.monotonic()
        with tempfile.TemporaryFile() as output:
            process = subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL, stdout=output,
                                       stderr=subprocess.STDOUT, start_new_session=True)
            try:
                passed = process.wait(timeout) == 0
            except subprocess.TimeoutExpired:
                passed = False
            try:
                os.killpg(process.pid, 9)
            except ProcessLookupError:
                pass
            process.wait()
            output.seek(0)
            last = output.read().decode(errors="replace").splitlines()[-25:]
        return passed, time.monotonic() - begin, last


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build/mutated", help="where the copy is built")
    parser.add_argument("--lists", nargs="*", help="only these of tests/mutations, without .toml")
    parser.add_argument("--only", help="only faults whose header or description holds this text")
    parser.add_argument("--sample", type=int, help="only so many, drawn by --seed")
    parser.add_argument("--programs", type=int, help="of --sample: only faults for so many test programs, drawn, too")
    parser.add_argument("--seed", help="of --sample; the commit by default")
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), help="builds and tests at a time")
    parser.add_argument("--list", action="store_true", help="print the faults and stop")
    parser.add_argument("--check", action="store_true", help="only see that the lists fit the headers")
    arguments = parser.parse_args()

    mutations = read_lists(ROOT / "tests/mutations")
    if arguments.check:
        mutated_headers(mutations)
        print(f"{len(mutations)} faults fit the headers")
        return 0
    chosen = [m for m in mutations if (not arguments.lists or m["list"] in arguments.lists) and
              (not arguments.only or arguments.only in m["header"] + " " + m["fault"])]
    if arguments.sample is not None:
        seed = arguments.seed or subprocess.run(["git", "rev-parse", "HEAD"], cwd=ROOT, capture_output=True,
                                                text=True).stdout.strip()
        draw = random.Random(seed)
        tests = sorted({m["test"] for m in chosen})
        if arguments.programs is not None:
            tests = draw.sample(tests, min(arguments.programs, len(tests)))
            chosen = [m for m in chosen if m["test"] in tests]
        chosen = draw.sample(chosen, min(arguments.sample, len(chosen)))
        print(f"seed {seed}: {len(chosen)} faults for {', '.join(tests)}", flush=True)
    if not chosen:
        raise ListError("no mutation is chosen")
    if arguments.list:
        for m in chosen:
            print(f"{m['number']:4} {m['header']}: {m['fault']} [{m['test']}]")
        return 0

    source, binary = arguments.build / "source", arguments.build / "build"
    copy_tree(mutations, source)
    build(source, binary, {m["test"] for m in chosen}, arguments.jobs)

    with concurrent.futures.ThreadPoolExecutor(arguments.jobs) as pool:
        # Without a fault every test passes; how long that takes bounds the others.
        commands = {tuple(map(str, command_of(m, binary))) for m in chosen}
        sound = dict(zip(commands, pool.map(lambda command: run(command, 0, 600), commands)))
        for command, (passed, _, last) in sound.items():
            if not passed:
                print("\n".join(last))
                raise ListError(f"without a fault, this fails: {' '.join(command)}")

        def try_one(mutation):
            command = tuple(map(str, command_of(mutation, binary)))
            return run(command, mutation["number"], 20 + 10 * sound[command][1])

        red = survived = unnoticeable = wrong = 0
        for mutation, (passed, seconds, last) in zip(chosen, pool.map(try_one, chosen)):
            expected = "unnoticeable" in mutation
            if not passed and not expected:
                red += 1
                verdict = "red"
            elif passed and expected:
                unnoticeable += 1
                verdict = "unnoticeable"
            elif passed:
                survived += 1
                verdict = "SURVIVES"
            else:
                wrong += 1
                verdict = "RED, BUT LISTED AS UNNOTICEABLE"
                print("\n".join(last))
            print(f"{mutation['number']:4} {verdict}: {mutation['header']}: {mutation['fault']} [{mutation['test']}, "
                  f"{seconds:.1f} s]", flush=True)
    print(f"{red + survived + unnoticeable + wrong} faults: {red} red, {survived} not noticed, {unnoticeable} that no test can "
          f"notice, {wrong} listed wrongly")
    return 1 if survived or wrong else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except ListError as error:
        print(f"mutate.py: {error}", file=sys.stderr)
        sys.exit(2)
    except subprocess.CalledProcessError as error:
        print(f"mutate.py: {' '.join(map(str, error.cmd))} failed", file=sys.stderr)
        sys.exit(2)
