// A value that lives on the heap, so that a variant with one large alternative stays small. Copies copy the value.
#pragma once

#include <memory>
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

} // namespace onecode
