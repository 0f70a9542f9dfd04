#!/usr/bin/env python3
"""Compiles each public header of firth alone, without a warning, and compares what it costs with its budget.

    tests/headers/cost.py [--write] [--sample N] [--jobs N] [HEADER...]

The budgets are in cost.txt: lines after preprocessing, and seconds of the compiler at -O0 as a multiple of those
that a file takes which includes the standard library's headers only. --write makes today's costs the budgets. A
header may exceed its lines by a tenth and its time by half (small times are noisy), and no budget may be missing.
The programs of the pages compile alone, too. All take minutes; --sample takes so many headers, and a tenth as many programs,
drawn by the commit.
"""

import argparse
import concurrent.futures
import os
import pathlib
import random
import re
import statistics
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUDGETS = pathlib.Path(__file__).with_name("cost.txt")
COMPILER = os.environ.get("CXX", "g++")
FLAGS = ["-std=c++20", "-O0", "-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Wshadow", "-Wundef", "-Wno-restrict",
         "-Werror", f"-I{ROOT}/include", "-isystem", "/usr/include/eigen3"]
# What a program that uses containers, files and threads includes anyway.
STANDARD = "".join(f"#include <{name}>\n" for name in (
    "algorithm", "atomic", "chrono", "filesystem", "fstream", "functional", "iostream", "map", "memory", "mutex",
    "optional", "span", "string", "thread", "unordered_map", "vector"))


class CompileError(Exception):
    """What the compiler says of a header."""


def compiled(source):
    """(lines after preprocessing, the compiler's own seconds for what follows it) of a source; throws its errors."""
    with tempfile.TemporaryDirectory() as folder:
        preprocessed = pathlib.Path(folder) / "header.ii"
        seconds = 0.0
        for command in ([COMPILER, *FLAGS, "-E", "-x", "c++", "-", "-o", preprocessed],
                        [COMPILER, *FLAGS, "-c", preprocessed, "-o", "/dev/null"]):
            process = subprocess.Popen(command, stdin=subprocess.PIPE, stderr=subprocess.PIPE)
            process.stdin.write(source.encode())
            process.stdin.close()
            error = process.stderr.read().decode()
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
            if process.returncode != 0:
                raise CompileError(error.strip() or f"{COMPILER} ended with {process.returncode}")
            seconds = usage.ru_utime
        text = preprocessed.read_bytes().splitlines()
        return sum(1 for line in text if line.strip() and not line.startswith(b"#")), seconds


def costs_of(headers):
    """Lines and time of each header; the standard library's are taken beside them, since machines differ and tire."""
    standard = compiled(STANDARD)[1]
    costs = {}
    for header in headers:
        lines, seconds = compiled(f"#include <{header}>\n#include <{header}>\n")
        costs[header] = lines, seconds / standard
    return costs


def programs_of_pages():
    """{place: source} of each program in a README."""
    return {f"{page.relative_to(ROOT)}, program {number}": program
            for page in (ROOT / "README.md", *sorted((ROOT / "include/firth").glob("*/README.md")))
            for number, program in enumerate(re.findall(r"```cpp\n(#include.*?)```", page.read_text(), re.DOTALL), 1)}


def compile_program(place, source):
    try:
        compiled(source)
    except CompileError as error:
        raise CompileError(f"{place}: {error}") from None


def read_budgets():
    budgets = {}
    for line in BUDGETS.read_text().splitlines():
        if line and not line.startswith("#"):
            header, size, time = line.split()
            budgets[header] = int(size), float(time)
    return budgets


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--write", action="store_true", help="make today's costs the budgets")
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("--sample", type=int, help="only so many of all headers, drawn by the commit")
    parser.add_argument("headers", nargs="*", help="such as firth/table/id.hpp; all by default")
    arguments = parser.parse_args()
    everything = sorted(str(path.relative_to(ROOT / "include")) for path in (ROOT / "include").rglob("*.hpp")
                        if path.parent.name != "detail")
    headers = arguments.headers or everything
    programs = {} if arguments.headers else programs_of_pages()
    if arguments.sample is not None:
        draw = random.Random(subprocess.run(["git", "rev-parse", "HEAD"], cwd=ROOT, capture_output=True, text=True).stdout)
        headers = sorted(draw.sample(headers, min(arguments.sample, len(headers))))
        programs = dict(draw.sample(sorted(programs.items()), min(arguments.sample // 10, len(programs))))
    costs = {}
    with concurrent.futures.ThreadPoolExecutor(arguments.jobs) as pool:
        for some in pool.map(costs_of, [headers[i:i + 8] for i in range(0, len(headers), 8)]):
            costs.update(some)
        list(pool.map(compile_program, programs.keys(), programs.values()))

    if arguments.write:
        budgets = {**(read_budgets() if BUDGETS.exists() else {}), **costs}
        with BUDGETS.open("w") as file:
            file.write("# header, lines after preprocessing, times the standard library's headers: see cost.py\n")
            for header in filter(budgets.get, everything):
                file.write(f"{header} {budgets[header][0]} {budgets[header][1]:.2f}\n")
        return 0
    budgets = read_budgets()
    faults = [f"{header} has no budget in {BUDGETS.name}" for header in arguments.headers or everything if header not in budgets]
    faults += [f"{BUDGETS.name} has a budget for {header}, which is not there" for header in budgets
               if header not in everything]
    for header, (size, time) in costs.items():
        if header not in budgets:
            continue
        budget_size, budget_time = budgets[header]
        if size > budget_size * 1.1:
            faults.append(f"{header} has {size} lines, expected about {budget_size}")
        if time > budget_time * 1.5 + 0.3:
            time = statistics.median([time, *(costs_of([header])[header][1] for _ in range(4))])
            if time > budget_time * 1.5 + 0.3:
                faults.append(f"{header} takes {time:.2f} times the standard library's headers, expected {budget_time}")
    for fault in faults:
        print(fault, file=sys.stderr)
    print(f"{len(headers)} headers and {len(programs)} programs of pages compile alone; dearest: " + ", ".join(
        f"{header} {size} lines, {time:.1f}" for header, (size, time)
        in sorted(costs.items(), key=lambda item: -item[1][1])[:3]))
    return 1 if faults else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except CompileError as error:
        sys.exit(str(error))
