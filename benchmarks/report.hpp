#pragma once

#include "harness.hpp"
#include "memory.hpp"

#include <benchmark/benchmark.h>

#include <map>
#include <string>
#include <vector>

namespace crossfade::benchmarks {

/// Prints one table a question when all rows have run: ns per operation (median, minimum, maximum
/// of the repetitions), ratio to the limit, ratio to the best peer. Then how the cost of an
/// operation grows with the number of tasks; the marks: what was measured and whether it is what is
/// meant; what tasks take that wait, and how that grows.
///
/// Lifetime: the suite outlives it.
class report : public benchmark::BenchmarkReporter {
 public:
  explicit report(const suite& rows) : suite_(rows) {}

  bool ReportContext(const Context& context) override;
  void ReportRuns(const std::vector<Run>& runs) override;
  void Finalize() override;

  bool any_failed() const { return any_failed_; }

 private:
  struct figures {
    double median = 0;
    double min = 0;
    double max = 0;
    std::string error;
  };
  using table = std::vector<std::pair<implementation, figures>>;

  void print(const std::string& question, const table& lines);
  void print_growth();
  void print_marks();
  void print_memory();
  void print_memory_growth();
  // Null if the row has not run, or failed.
  const figures* measured(const std::string& row) const;

  const suite& suite_;
  std::map<std::string, figures> figures_;
  std::map<std::string, footprint> footprints_;
  bool any_failed_ = false;
};

}  // namespace crossfade::benchmarks
