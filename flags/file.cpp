#include "flags/file.hpp"

#include "flags/detail/contents.hpp"
#include "flags/detail/path_watch.hpp"
#include "flags/detail/published.hpp"

#include <exception>
#include <mutex>
#include <string_view>
#include <thread>
#include <utility>

namespace crossfade::flags {

class file::watcher {
 public:
  watcher(std::filesystem::path path, file_options options)
      : path_(std::filesystem::absolute(path)), options_(std::move(options)) {
    status_.path = std::move(path);
    watch_.follow(path_);  // first, or a change right after the look would give no hint
    look();
    if (options_.must_load && status_.error) throw flag_error(*status_.error);
    thread_ = std::thread([this] { run(); });
  }
  watcher(const watcher&) = delete;
  ~watcher() {
    watch_.stop();
    thread_.join();
  }

  const std::shared_ptr<detail::published>& published() const { return published_; }

  file_status status() const {
    const std::lock_guard lock(published_->mutex);
    return status_;
  }

  /// Reads the file and, if it is not what it was at the last look, judges it.
  void look() {
    const std::lock_guard lock(looking_);
    seen_.reset();
    const std::string before = std::exchange(content_, {});
    const std::string name = status_.path.string();
    try {
      const detail::contents contents = detail::read_contents(path_, name);
      seen_ = contents.fingerprint;
      content_ = detail::hash(contents.bytes);
      if (content_ == before) return;
      auto candidate = std::make_shared<const snapshot>(
          snapshot::parse(contents.bytes, name, options_.fractional));
      if (options_.accept) options_.accept(*candidate);
      take(std::move(candidate));
    } catch (const flag_error& error) {
      const bool still_unreadable = content_.empty() && before.empty();
      refuse(error, still_unreadable);
    } catch (const std::exception& error) {
      refuse(flag_error(name, "", std::string("cannot be judged: ") + error.what()), false);
    }
  }

 private:
  void run() {
    for (;;) {
      const auto woke = watch_.wait(options_.poll_interval);
      if (woke == wake::stopped) return;
      if (woke == wake::timeout && !may_differ()) continue;
      if (!settle()) return;
      watch_.follow(path_);
      look();
    }
  }

  bool may_differ() {
    const std::lock_guard lock(looking_);
    const bool uncertain = !seen_ && !content_.empty();
    return uncertain || detail::fingerprint::of(path_) != seen_;
  }

  /// Waits until the file is left alone, lest it be read half-written. False: stopped meanwhile.
  bool settle() {
    // A file that never is left alone must be read some time.
    const auto enough = std::chrono::steady_clock::now() + 10 * options_.quiet;
    auto before = detail::fingerprint::of(path_);
    for (;;) {
      const auto woke = watch_.wait(options_.quiet);
      if (woke == wake::stopped) return false;
      const auto now = detail::fingerprint::of(path_);
      const bool left_alone = woke == wake::timeout && now == before;
      if (left_alone || std::chrono::steady_clock::now() >= enough) return true;
      before = now;
    }
  }

  void take(std::shared_ptr<const snapshot> candidate) {
    // Read without the mutex: only this thread writes, for it holds looking_.
    const snapshot& in_force = *published_->current;
    const bool refused_before = status_.error.has_value();
    file_event event{status_.generation, changed_keys(in_force, *candidate), {}};
    const bool effective = event.generation == 0 || !event.changed.empty() ||
                           in_force.metadata() != candidate->metadata();
    if (effective) ++event.generation;
    {
      const std::lock_guard lock(published_->mutex);
      if (effective) {
        published_->current.swap(candidate);
        published_->generation.store(event.generation, std::memory_order_release);
      }
      status_.generation = event.generation;
      status_.content_hash = content_;
      status_.loaded_at = std::chrono::system_clock::now();
      status_.error.reset();
    }
    if (effective || refused_before) tell(event);
  }

  void refuse(const flag_error& error, bool still_unreadable) {
    const bool known = still_unreadable && status_.error &&
                       std::string_view(status_.error->what()) == error.what();
    if (known) return;
    {
      const std::lock_guard lock(published_->mutex);
      status_.error = error;
    }
    tell({status_.generation, {}, error});
  }

  void tell(const file_event& event) const {
    if (options_.on_event) options_.on_event(event);
  }

  using wake = detail::path_watch::wake;

  const std::filesystem::path path_;
  const file_options options_;
  const std::shared_ptr<detail::published> published_ = std::make_shared<detail::published>();
  file_status status_;  // written under looking_ and published_->mutex, read under either

  std::mutex looking_;
  std::optional<detail::fingerprint> seen_;  // of the last look, if it can be relied on
  std::string content_;  // hash at the last look, empty if there was none to read

  detail::path_watch watch_;
  std::thread thread_;
};

file::file(std::filesystem::path path, file_options options)
    : watcher_(std::make_unique<watcher>(std::move(path), std::move(options))) {}

file::~file() = default;

reader file::reader() const { return flags::reader(watcher_->published()); }

chooser file::chooser() const { return flags::chooser(reader()); }

std::shared_ptr<const snapshot> file::current() const {
  const std::lock_guard lock(watcher_->published()->mutex);
  return watcher_->published()->current;
}

file_status file::status() const { return watcher_->status(); }

void file::reload() { watcher_->look(); }

}  // namespace crossfade::flags
