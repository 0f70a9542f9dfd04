#pragma once

/// Everything in `firth/simd/`.

#include <firth/simd/activation.hpp>
#include <firth/simd/arch.hpp>
#include <firth/simd/column_maxima.hpp>
#include <firth/simd/convert.hpp>
#include <firth/simd/dispatch/cpu.hpp>
#include <firth/simd/dispatch/dispatch.hpp>
#include <firth/simd/dispatch/kernel_table.hpp>
#include <firth/simd/dispatch/kernels.hpp>
#include <firth/simd/distance.hpp>
#include <firth/simd/dot.hpp>
#include <firth/simd/format.hpp>
#include <firth/simd/layer_norm.hpp>
#include <firth/simd/matrix_product.hpp>
#include <firth/simd/pair_step.hpp>
#include <firth/simd/row_list.hpp>
#include <firth/simd/score_tile.hpp>
#include <firth/simd/select.hpp>
#include <firth/simd/sigmoid.hpp>
#include <firth/simd/update.hpp>
#include <firth/simd/weighted_sum.hpp>
#include <firth/simd/window_link.hpp>
#include <firth/simd/window_tile.hpp>
