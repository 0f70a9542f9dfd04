#!/bin/sh
# Makes build/libnumkong_peer.so, NumKong's kernels for this machine, for `benchmark_kernels --numkong=...`.
# Takes its source from PyPI and compiles it with clang 19, which its bfloat16 kernels need.
set -eu
cd "$(dirname "$0")/.."
echo "This downloads numkong's source with pip into build/numkong and compiles its kernels with clang-19."
mkdir -p build/numkong
[ -d build/numkong/include ] || {
    python3 -m pip download --quiet --no-binary :all: --no-deps --dest build/numkong numkong
    tar -xf build/numkong/numkong-*.tar.gz -C build/numkong --strip-components=1
}
cat > build/numkong/peer.c <<'C'
#include <numkong/numkong.h>
#define PEER(kernel, element, type) \
    void peer_##kernel(const void *a, const void *b, size_t n, void *result) { \
        nk_##kernel((const element *)a, (const element *)b, n, (type *)result); \
    }
PEER(dot_f32, nk_f32_t, nk_f64_t)
PEER(angular_f32, nk_f32_t, nk_f64_t)
PEER(sqeuclidean_f32, nk_f32_t, nk_f64_t)
PEER(dot_f64, nk_f64_t, nk_f64_t)
PEER(angular_f64, nk_f64_t, nk_f64_t)
PEER(sqeuclidean_f64, nk_f64_t, nk_f64_t)
PEER(dot_f16, nk_f16_t, nk_f32_t)
PEER(angular_f16, nk_f16_t, nk_f32_t)
PEER(sqeuclidean_f16, nk_f16_t, nk_f32_t)
PEER(dot_bf16, nk_bf16_t, nk_f32_t)
PEER(angular_bf16, nk_bf16_t, nk_f32_t)
PEER(sqeuclidean_bf16, nk_bf16_t, nk_f32_t)
PEER(dot_i8, nk_i8_t, nk_i32_t)
PEER(angular_i8, nk_i8_t, nk_f32_t)
PEER(sqeuclidean_i8, nk_i8_t, nk_u32_t)
PEER(dot_u8, nk_u8_t, nk_u32_t)
PEER(angular_u8, nk_u8_t, nk_f32_t)
PEER(sqeuclidean_u8, nk_u8_t, nk_u32_t)
C
${CC:-clang-19} -O3 -march=native -fPIC -shared -w -I build/numkong/include build/numkong/peer.c -o build/libnumkong_peer.so
echo "build/libnumkong_peer.so"
