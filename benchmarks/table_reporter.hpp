#pragma once

#include <benchmark/benchmark.h>

#include <algorithm>
#include <cstdio>
#include <map>
#include <string>
#include <vector>

/// A line a benchmark: the median of its repetitions and their spread, rates, and the share of the
/// limit that the benchmark measured beside itself. Benchmarks set the counters "ns" (a call),
/// "GB/s", "Gop/s" and "limit" (a share; absent where there is none).
class TableReporter : public benchmark::BenchmarkReporter {
public:
    bool ReportContext(const Context&) override {
        std::printf("%-44s %12s %8s %9s %9s %9s\n", "kernel/format/dim/working set/architecture",
                    "ns a call", "spread", "GB/s", "Gop/s", "of limit");
        return true;
    }

    void ReportRuns(const std::vector<Run>& runs) override {
        std::map<std::string, std::vector<double>> values;
        std::string name;
        for (const Run& run : runs) {
            if (run.run_type != Run::RT_Iteration) continue;
            name = run.run_name.function_name;
            if (run.error_occurred) {
                std::printf("%-44s %s\n", name.c_str(), run.error_message.c_str());
                failed_ = true;
                return;
            }
            for (const auto& [key, counter] : run.counters) {
                values[key].push_back(counter.value);
            }
        }
        if (values["ns"].empty()) return;
        const double ns = median(values["ns"]);
        const auto [least, most] = std::minmax_element(values["ns"].begin(), values["ns"].end());
        std::printf("%-44s %12.2f %7.1f%% %9.1f %9.1f", name.c_str(), ns,
                    100 * (*most - *least) / ns, median(values["GB/s"]), median(values["Gop/s"]));
        if (!values["limit"].empty()) std::printf(" %8.1f%%", 100 * median(values["limit"]));
        std::printf("\n");
        std::fflush(stdout);
    }

    [[nodiscard]] bool failed() const { return failed_; }

private:
    static double median(std::vector<double> values) {
        if (values.empty()) return 0;
        std::sort(values.begin(), values.end());
        return values[values.size() / 2];
    }

    bool failed_ = false;
};
