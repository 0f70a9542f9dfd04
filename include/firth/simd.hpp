#pragma once

/// Everything in `firth/simd/`.

#include <firth/simd/arch.hpp>
#include <firth/simd/batch.hpp>
#include <firth/simd/bits.hpp>
#include <firth/simd/block.hpp>
#include <firth/simd/block_bit.hpp>
#include <firth/simd/block_byte.hpp>
#include <firth/simd/block_half.hpp>
#include <firth/simd/convert.hpp>
#include <firth/simd/cpu.hpp>
#include <firth/simd/dispatch.hpp>
#include <firth/simd/distance.hpp>
#include <firth/simd/dot.hpp>
#include <firth/simd/dot_tile.hpp>
#include <firth/simd/format.hpp>
#include <firth/simd/kernel_table.hpp>
#include <firth/simd/make_kernels.hpp>
#include <firth/simd/many.hpp>
#include <firth/simd/pair.hpp>
#include <firth/simd/pair_step.hpp>
#include <firth/simd/score_tile.hpp>
#include <firth/simd/select.hpp>
#include <firth/simd/sigmoid.hpp>
#include <firth/simd/tile.hpp>
#include <firth/simd/tile_amx.hpp>
#include <firth/simd/tile_format.hpp>
#include <firth/simd/unroll.hpp>
#include <firth/simd/update.hpp>
#include <firth/simd/weighted_sum.hpp>
#include <firth/simd/window_tile.hpp>
