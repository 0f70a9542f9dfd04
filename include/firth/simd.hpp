#pragma once

/// Everything in `firth/simd/`.

#include <firth/simd/arch.hpp>
#include <firth/simd/batch.hpp>
#include <firth/simd/distance.hpp>
#include <firth/simd/dot.hpp>
#include <firth/simd/dot_tile.hpp>
#include <firth/simd/score_tile.hpp>
#include <firth/simd/sigmoid.hpp>
#include <firth/simd/unroll.hpp>
#include <firth/simd/update.hpp>
#include <firth/simd/window_tile.hpp>
