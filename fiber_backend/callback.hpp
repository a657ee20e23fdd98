#pragma once

#include <concepts>
#include <functional>
#include <memory>
#include <type_traits>
#include <utility>

#include "fiber_backend/detail/link.hpp"

namespace crossfade::fiber_backend {

/// A function to be linked, with an identity by which it is unlinked: copies are the same callback.
///
/// Made of anything that can be called with a `Source`; a link made of a bare lambda cannot be
/// unlinked. Source: the callables that gevent's `link` and `rawlink` take.
template <class Source>
class callback {
 public:
  template <class F>
    requires(!std::same_as<std::remove_cvref_t<F>, callback> && std::is_invocable_v<F&, Source>)
  // NOLINTNEXTLINE(google-explicit-constructor,bugprone-forwarding-reference-overload)
  callback(F&& f) : function_(std::make_shared<std::function<void(Source)>>(std::forward<F>(f))) {}

  void operator()(Source source) const { (*function_)(std::forward<Source>(source)); }
  const void* identity() const noexcept { return function_.get(); }

 private:
  std::shared_ptr<std::function<void(Source)>> function_;
};

namespace detail {

/// Calls a function on the hub with what it was linked to, which outlives its links.
template <class Source, class Origin>
class function_link final : public link_node {
 public:
  function_link(callback<Source> f, Origin& origin)
      : link_node(f.identity()), function_(std::move(f)), origin_(origin) {}
  void call() override {
    const std::unique_ptr<function_link> self(this);
    function_(static_cast<Source>(origin_));
  }
  void drop() noexcept override { delete this; }

 private:
  callback<Source> function_;
  Origin& origin_;
};

}  // namespace detail

}  // namespace crossfade::fiber_backend
