#!/bin/sh
# Installs what the demo needs on Debian 12, builds it, and runs it.
set -eu
cd "$(dirname "$0")/.."
echo "This installs a compiler, CMake and libraries with apt, builds the demo in build/demo, and runs it."
sh cmake/install_debian_packages.sh g++ cmake ninja-build libxsimd-dev robin-map-dev libcli11-dev nlohmann-json3-dev libeigen3-dev libutf8proc-dev \
    zlib1g-dev liblzma-dev libzstd-dev
cmake -S . -B build/demo -G Ninja -DCMAKE_BUILD_TYPE=Release -DFIRTH_BUILD_TESTS=OFF -DFIRTH_BUILD_BENCHMARKS=OFF \
    -DFIRTH_BUILD_EXAMPLES=OFF -DFIRTH_DISPATCH_ONLY=native -DCMAKE_UNITY_BUILD=ON "$@" >/dev/null
cmake --build build/demo --parallel --target firth_demo
build/demo/firth_demo
echo "This was \`firth demo\`. The whole tool takes some minutes more:"
echo "    cmake --build build/demo --parallel && build/demo/firth --help"
