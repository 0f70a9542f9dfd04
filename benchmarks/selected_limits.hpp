#pragma once

#include <algorithm>
#include <chrono>

#include <firth/simd/dispatch/dispatch.hpp>

#include "limits.hpp"

/// The limits of the instruction set in use, or of the nearest below.
inline const Limits& selected_limits() {
    const Limits* best = all_limits().front();
    for (const firth::simd::Level& level : firth::simd::levels()) {
        for (const Limits* each : all_limits()) {
            if (level.available && level.name == each->arch) best = each;
        }
        if (level.name == firth::simd::selected_arch()) break;
    }
    return *best;
}

/// Operations a second of one thread that does nothing but multiply and add floats in registers, a
/// multiply-add counting two: the best of five.
inline double multiply_add_peak() {
    double peak = 0;
    for (int i = 0; i < 5; ++i) {
        const auto start = std::chrono::steady_clock::now();
        const double operations = selected_limits().multiply_add_floats();
        const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
        peak = std::max(peak, operations / seconds.count());
    }
    return peak;
}
