#!/bin/sh
# Installs what the tests need on Debian 12, builds everything, and runs the tests.
set -eu
cd "$(dirname "$0")/.."
echo "This installs a compiler, CMake and libraries with apt, builds firth with its tests in build/tests, and runs them."
sh cmake/install_debian_packages.sh g++ cmake ninja-build libxsimd-dev robin-map-dev libcli11-dev nlohmann-json3-dev libeigen3-dev libutf8proc-dev \
    zlib1g-dev liblzma-dev libzstd-dev catch2
# Kernels are always optimised as in a release; the rest takes longer to compile than to run. The files of a program
# are compiled as one: they share most of what they include.
cmake -S . -B build/tests -G Ninja -DCMAKE_BUILD_TYPE=Release -DCMAKE_CXX_FLAGS_RELEASE="-O1 -DNDEBUG" -DFIRTH_BUILD_BENCHMARKS=OFF \
    -DCMAKE_UNITY_BUILD=ON -DCMAKE_UNITY_BUILD_BATCH_SIZE=0 "-DFIRTH_DISPATCH_ONLY=sse2;native" "$@" >/dev/null
cmake --build build/tests --parallel "$(nproc)"
ctest --test-dir build/tests --output-on-failure --timeout 600 --parallel "$(nproc)"
