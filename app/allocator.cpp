// What the allocator of the executables is told before main(); not part of onecode_app.
#include <mimalloc.h>

namespace {

/// Pages of 2 MiB, where the system gives them to whoever asks (transparent huge pages: "madvise" or "always"): entities lie all over the
/// memory, and a scan that finds its few needs fewer page table entries (docs/decisions/0014). The environment has the last word.
[[maybe_unused]] const bool kTold = [] {
  mi_option_set_enabled_default(mi_option_large_os_pages, true);
  return true;
}();

} // namespace
