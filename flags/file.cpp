#include "flags/file.hpp"

#include "flags/detail/contents.hpp"
#include "flags/detail/path_watch.hpp"
#include "flags/detail/published.hpp"

#include <algorithm>
#include <exception>
#include <mutex>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace crossfade::flags {

class file::watcher {
 public:
  watcher(std::filesystem::path path, file_options options)
      : path_(std::filesystem::absolute(path)), options_(std::move(options)) {
    status_.path = std::move(path);
    watch_.follow(paths_);  // first, or a change right after the look would give no hint
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

  /// Reads the file and its kill switch and, if they are not what they were at the last look,
  /// judges them.
  void look() {
    const std::lock_guard lock(looking_);
    look_at_kill_switch();
    look_at_file();
  }

 private:
  void look_at_kill_switch() {
    kill_seen_ = detail::fingerprint::of(paths_.back());
    kill_switch killed;
    std::optional<flag_error> error;
    if (kill_seen_) {
      const std::string name = kill_switch::beside(status_.path).string();
      try {
        const detail::contents contents = detail::read_contents(paths_.back(), name);
        if (!contents.fingerprint) kill_seen_.reset();
        killed = kill_switch::parse(contents.bytes, name);
      } catch (const flag_error& wrong) {
        killed.all = true;
        error = wrong;
      }
    }
    const bool is_new = error && (!status_.kill_error ||
                                  std::string_view(status_.kill_error->what()) != error->what());
    const bool differs = killed != status_.killed;
    {
      const std::lock_guard lock(published_->mutex);
      status_.killed = std::move(killed);
      status_.kill_error = error;
    }
    if (differs && status_.loaded_at) publish(false);
    if (is_new) tell({status_.generation, {}, error});
  }

  void look_at_file() {
    seen_.reset();
    const std::string before = std::exchange(content_, {});
    const std::string name = status_.path.string();
    try {
      const detail::contents contents = detail::read_contents(path_, name);
      seen_ = contents.fingerprint;
      content_ = detail::hash(contents.bytes);
      if (content_ == before) return;
      snapshot candidate = snapshot::parse(contents.bytes, name, options_.fractional);
      if (options_.accept) options_.accept(candidate);
      loaded_ = std::move(candidate);
      publish(true);
    } catch (const flag_error& error) {
      const bool still_unreadable = content_.empty() && before.empty();
      refuse(error, still_unreadable);
    } catch (const std::exception& error) {
      refuse(flag_error(name, "", std::string("cannot be judged: ") + error.what()), false);
    }
  }

  void run() {
    for (;;) {
      const auto woke = watch_.wait(options_.poll_interval);
      if (woke == wake::stopped) return;
      if (woke == wake::timeout && !may_differ()) continue;
      if (!settle()) return;
      watch_.follow(paths_);
      look();
    }
  }

  bool may_differ() {
    const std::lock_guard lock(looking_);
    const bool uncertain = !seen_ && !content_.empty();
    return uncertain || fingerprints() != std::vector{seen_, kill_seen_};
  }

  std::vector<std::optional<detail::fingerprint>> fingerprints() const {
    return {detail::fingerprint::of(paths_.front()), detail::fingerprint::of(paths_.back())};
  }

  /// Waits until the files are left alone, lest they be read half-written. False: stopped
  /// meanwhile.
  bool settle() {
    // A file that never is left alone must be read some time.
    const auto enough = std::chrono::steady_clock::now() + 10 * options_.quiet;
    auto before = fingerprints();
    for (;;) {
      const auto woke = watch_.wait(options_.quiet);
      if (woke == wake::stopped) return false;
      auto now = fingerprints();
      const bool left_alone = woke == wake::timeout && now == before;
      if (left_alone || std::chrono::steady_clock::now() >= enough) return true;
      before = std::move(now);
    }
  }

  /// Puts the state that was loaded last in force, as far as kill switch and overrides let it.
  void publish(bool is_new_load) {
    std::vector<flag_error> not_counted;
    auto candidate = std::make_shared<const snapshot>(
        loaded_.forced(status_.killed, options_.overrides, not_counted));
    // Read without the mutex: only this thread writes, for it holds looking_.
    const snapshot& in_force = *published_->current;
    const bool refused_before = is_new_load && status_.error.has_value();
    file_event event{status_.generation, changed_keys(in_force, *candidate), {}};
    const bool first = is_new_load && !status_.loaded_at;
    const bool effective =
        first || !event.changed.empty() || in_force.metadata() != candidate->metadata();
    if (effective) ++event.generation;
    const auto known = std::exchange(known_override_errors_, {});
    for (const flag_error& error : not_counted) {
      known_override_errors_.emplace_back(error.what());
      if (std::find(known.begin(), known.end(), error.what()) == known.end()) event.error = error;
    }
    {
      const std::lock_guard lock(published_->mutex);
      if (effective) {
        published_->current.swap(candidate);
        published_->generation.store(event.generation, std::memory_order_release);
      }
      status_.generation = event.generation;
      status_.override_errors = std::move(not_counted);
      if (is_new_load) {
        status_.content_hash = content_;
        status_.loaded_at = std::chrono::system_clock::now();
        status_.error.reset();
      }
    }
    if (effective || refused_before || event.error) tell(event);
  }

  void refuse(const flag_error& error, bool still_unreadable) {
    const bool known = still_unreadable && status_.error &&
                       std::string_view(status_.error->what()) == error.what();
    if (known) return;
    {
      const std::lock_guard lock(published_->mutex);
      status_.error = error;
      ++status_.refusals;
    }
    tell({status_.generation, {}, error});
  }

  void tell(const file_event& event) const {
    if (options_.on_event) options_.on_event(event);
  }

  using wake = detail::path_watch::wake;

  const std::filesystem::path path_;
  const std::vector<std::filesystem::path> paths_{path_, kill_switch::beside(path_)};
  const file_options options_;
  const std::shared_ptr<detail::published> published_ = std::make_shared<detail::published>();
  file_status status_;  // written under looking_ and published_->mutex, read under either

  std::mutex looking_;
  std::optional<detail::fingerprint> seen_;  // of the last look, if it can be relied on
  std::string content_;  // hash at the last look, empty if there was none to read
  std::optional<detail::fingerprint> kill_seen_;
  snapshot loaded_;  // the last good state of the file
  std::vector<std::string> known_override_errors_;

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
