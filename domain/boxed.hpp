// Values that live on the heap: Boxed, so that a variant with one large alternative stays small, and Seldom, so that a state does
// whose large part is most often as it began. Copies copy the value.
#pragma once

#include <memory>
#include <type_traits>
#include <utility>

namespace onecode {

template <class T>
class Boxed {
public:
  Boxed() : value_(std::make_unique<T>()) {}
  Boxed(T value) : value_(std::make_unique<T>(std::move(value))) {} // NOLINT: a T is wanted, a box is how it travels
  Boxed(const Boxed& o) : value_(std::make_unique<T>(*o)) {}
  Boxed(Boxed&& o) noexcept = default;
  Boxed& operator=(const Boxed& o) {
    value_ = std::make_unique<T>(*o);
    return *this;
  }
  Boxed& operator=(Boxed&& o) noexcept = default;
  ~Boxed() = default;

  /// Not of a box that was moved from.
  const T& operator*() const { return *value_; }
  T& operator*() { return *value_; }
  const T* operator->() const { return value_.get(); }

  template <class Self, class V>
  static void fields(Self& s, V& v) {
    T::fields(*s, v);
  }

private:
  std::unique_ptr<T> value_;
};

/// As T() until it is written, or read from a store, and takes memory only then.
template <class T>
class Seldom {
public:
  Seldom() = default;
  Seldom(const Seldom& o) : value_(o.value_ ? std::make_unique<T>(*o.value_) : nullptr) {}
  Seldom(Seldom&& o) noexcept = default;
  Seldom& operator=(const Seldom& o) {
    if (this != &o) value_ = o.value_ ? std::make_unique<T>(*o.value_) : nullptr;
    return *this;
  }
  Seldom& operator=(Seldom&& o) noexcept = default;
  ~Seldom() = default;

  const T& operator*() const {
    static const T as_it_began;
    return value_ ? *value_ : as_it_began;
  }
  const T* operator->() const { return &**this; }
  T& edit() {
    if (!value_) value_ = std::make_unique<T>();
    return *value_;
  }

  template <class Self, class V>
  static void fields(Self& s, V& v) {
    if constexpr (std::is_const_v<Self>)
      T::fields(*s, v);
    else
      T::fields(s.edit(), v);
  }

private:
  std::unique_ptr<T> value_;
};

} // namespace onecode
