// As in sha256.cpp: EVP would cost more than it hides.
#define OPENSSL_SUPPRESS_DEPRECATED

#include "evidence/sha256_many.hpp"

#include <openssl/sha.h>

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstring>

#if defined(__x86_64__)
#pragma GCC diagnostic push
#ifndef __clang__
#pragma GCC diagnostic ignored "-Wuninitialized" // GCC 12 of its own header
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#endif
#include <immintrin.h>
#pragma GCC diagnostic pop
#endif

namespace onecode::evidence {

// FIPS 180-4 §5.3.3
const HashState kHashStart{
    {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19}, 0};

namespace {

constexpr std::size_t kBlock = 64, kLength = 8; // of a block; of the number of bits that ends the last one

const unsigned char* bytes(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }

void compress(std::array<std::uint32_t, 8>& words, const unsigned char* block) {
  SHA256_CTX context;
  std::ranges::copy(words, context.h);
  SHA256_Transform(&context, block);
  std::ranges::copy(context.h, words.begin());
}

std::uint32_t big_endian(std::uint32_t n) {
  return std::endian::native == std::endian::big ? n : __builtin_bswap32(n);
}
std::uint64_t big_endian(std::uint64_t n) {
  return std::endian::native == std::endian::big ? n : __builtin_bswap64(n);
}

void put_hash(Hash& out, std::array<std::uint32_t, 8> words) {
  for (auto& word : words) word = big_endian(word);
  std::memcpy(out.data(), words.data(), out.size());
}

/// A block that begins with these bytes, at most 64, and is zero behind them.
struct PlainCopy {
  static void block(unsigned char* to, std::string_view text) {
    std::memset(to, 0, kBlock);
    text.copy(reinterpret_cast<char*>(to), text.size());
  }
};

struct Run { // of blocks that lie one after another
  const unsigned char* at;
  std::size_t blocks;
};
/// A text as blocks: what does not begin or end with one is put together aside.
template <class Copy>
class Blocks {
public:
  void begin(const HashJob& job) {
    std::string_view prefix = job.prefix, text = job.text;
    const std::uint64_t all = job.from->bytes + prefix.size() + text.size();
    count_ = next_ = 0;
    unsigned char* const tail = aside_ + kBlock;
    if (!prefix.empty() && prefix.size() + text.size() >= kBlock) {
      const auto more = kBlock - prefix.size();
      Copy::block(aside_, prefix);
      Copy::block(aside_ + prefix.size(), text.substr(0, more));
      text.remove_prefix(more);
      prefix = {};
      runs_[count_++] = {aside_, 1};
    }
    if (const auto whole = text.size() / kBlock; prefix.empty() && whole > 0) {
      runs_[count_++] = {bytes(text), whole};
      text.remove_prefix(whole * kBlock);
    }
    // Less than a block is left.
    const std::size_t rest = prefix.size() + text.size(), blocks = rest + 1 + kLength > kBlock ? 2 : 1;
    if (!prefix.empty()) Copy::block(tail, prefix);
    Copy::block(tail + prefix.size(), text);
    if (blocks == 2) Copy::block(tail + kBlock, {});
    tail[rest] = 0x80;
    const std::uint64_t bits = big_endian(all * 8);
    std::memcpy(tail + blocks * kBlock - kLength, &bits, kLength);
    runs_[count_++] = {tail, blocks};
  }
  /// Of no blocks: that was all.
  Run next() { return next_ < count_ ? runs_[next_++] : Run{nullptr, 0}; }

private:
  Run runs_[3];
  unsigned count_ = 0, next_ = 0;
  unsigned char aside_[3 * kBlock]; // head, tail
};

/// What is left of it, one block after the other.
template <class Copy>
void finish(std::array<std::uint32_t, 8> words, Run run, Blocks<Copy>& blocks, Hash& out) {
  for (; run.blocks > 0; run = blocks.next())
    for (; run.blocks > 0; --run.blocks, run.at += kBlock) compress(words, run.at);
  put_hash(out, words);
}

#if defined(__x86_64__)
#define ONECODE_AVX512 __attribute__((target("avx512f,avx512bw")))

constexpr std::size_t kLanes = 16;
constexpr std::size_t kFewest = 7; // with fewer, one after the other is faster

// FIPS 180-4 §4.2.2
constexpr std::uint32_t kConstants[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

/// Of each of sixteen, word 0, then word 1, …
struct alignas(64) States {
  std::uint32_t word[8][kLanes];

  void put(std::size_t lane, const std::array<std::uint32_t, 8>& words) {
    for (std::size_t i = 0; i < words.size(); ++i) word[i][lane] = words[i];
  }
  void put_hash(std::size_t lane, Hash& out) const {
    for (std::size_t i = 0; i < 8; ++i) {
      const std::uint32_t w = big_endian(word[i][lane]);
      std::memcpy(out.data() + 4 * i, &w, 4);
    }
  }
  std::array<std::uint32_t, 8> get(std::size_t lane) const {
    std::array<std::uint32_t, 8> words;
    for (std::size_t i = 0; i < words.size(); ++i) words[i] = word[i][lane];
    return words;
  }
};

/// Rows become columns.
ONECODE_AVX512 inline void transpose(__m512i (&m)[16]) {
  __m512i t[16];
#pragma GCC unroll 16
  for (std::size_t i = 0; i < 16; i += 2) {
    t[i] = _mm512_unpacklo_epi32(m[i], m[i + 1]);
    t[i + 1] = _mm512_unpackhi_epi32(m[i], m[i + 1]);
  }
#pragma GCC unroll 4
  for (std::size_t i = 0; i < 16; i += 4) {
    m[i] = _mm512_unpacklo_epi64(t[i], t[i + 2]);
    m[i + 1] = _mm512_unpackhi_epi64(t[i], t[i + 2]);
    m[i + 2] = _mm512_unpacklo_epi64(t[i + 1], t[i + 3]);
    m[i + 3] = _mm512_unpackhi_epi64(t[i + 1], t[i + 3]);
  }
#pragma GCC unroll 4
  for (std::size_t i = 0; i < 4; ++i) {
    t[i] = _mm512_shuffle_i32x4(m[i], m[i + 4], 0x88);
    t[i + 4] = _mm512_shuffle_i32x4(m[i], m[i + 4], 0xdd);
    t[i + 8] = _mm512_shuffle_i32x4(m[i + 8], m[i + 12], 0x88);
    t[i + 12] = _mm512_shuffle_i32x4(m[i + 8], m[i + 12], 0xdd);
  }
#pragma GCC unroll 4
  for (std::size_t i = 0; i < 4; ++i) {
    m[i] = _mm512_shuffle_i32x4(t[i], t[i + 8], 0x88);
    m[i + 4] = _mm512_shuffle_i32x4(t[i + 4], t[i + 12], 0x88);
    m[i + 8] = _mm512_shuffle_i32x4(t[i], t[i + 8], 0xdd);
    m[i + 12] = _mm512_shuffle_i32x4(t[i + 4], t[i + 12], 0xdd);
  }
}

ONECODE_AVX512 inline __m512i add(__m512i a, __m512i b) { return _mm512_add_epi32(a, b); }
ONECODE_AVX512 inline __m512i xor_of(__m512i a, __m512i b, __m512i c) {
  return _mm512_ternarylogic_epi32(a, b, c, 0x96);
}

/// A block of each of sixteen. The names are those of FIPS 180-4 §6.2.2.
ONECODE_AVX512 void compress(States& states, const unsigned char* const (&blocks)[kLanes]) {
  const __m512i in_order = _mm512_broadcast_i32x4(_mm_set_epi64x(0x0c0d0e0f08090a0b, 0x0405060700010203));
  __m512i w[16], s[8];
#pragma GCC unroll 16
  for (std::size_t i = 0; i < kLanes; ++i) w[i] = _mm512_shuffle_epi8(_mm512_loadu_si512(blocks[i]), in_order);
  transpose(w);
#pragma GCC unroll 8
  for (std::size_t i = 0; i < 8; ++i) s[i] = _mm512_load_si512(states.word[i]);
  for (std::size_t round = 0; round < 64; round += 16) {
#pragma GCC unroll 16
    for (std::size_t i = 0; i < 16; ++i) {
      if (round > 0) {
        const __m512i before = w[(i + 1) % 16], after = w[(i + 14) % 16];
        const __m512i sigma0 =
            xor_of(_mm512_ror_epi32(before, 7), _mm512_ror_epi32(before, 18), _mm512_srli_epi32(before, 3));
        const __m512i sigma1 =
            xor_of(_mm512_ror_epi32(after, 17), _mm512_ror_epi32(after, 19), _mm512_srli_epi32(after, 10));
        w[i] = add(add(w[i], sigma0), add(w[(i + 9) % 16], sigma1));
      }
      // a is s[0] in round 0, s[7] in round 1, …
      const __m512i a = s[(16 - i) % 8], b = s[(17 - i) % 8], c = s[(18 - i) % 8];
      const __m512i e = s[(20 - i) % 8], f = s[(21 - i) % 8], g = s[(22 - i) % 8];
      __m512i &d = s[(19 - i) % 8], &h = s[(23 - i) % 8];
      const __m512i sum1 = xor_of(_mm512_ror_epi32(e, 6), _mm512_ror_epi32(e, 11), _mm512_ror_epi32(e, 25));
      const __m512i sum0 = xor_of(_mm512_ror_epi32(a, 2), _mm512_ror_epi32(a, 13), _mm512_ror_epi32(a, 22));
      const __m512i choice = _mm512_ternarylogic_epi32(e, f, g, 0xca);
      const __m512i majority = _mm512_ternarylogic_epi32(a, b, c, 0xe8);
      const __m512i k = _mm512_set1_epi32(static_cast<int>(kConstants[round + i]));
      const __m512i t1 = add(add(h, add(w[i], k)), add(sum1, choice));
      d = add(d, t1);
      h = add(t1, add(sum0, majority));
    }
  }
#pragma GCC unroll 8
  for (std::size_t i = 0; i < 8; ++i)
    _mm512_store_si512(states.word[i], add(s[i], _mm512_load_si512(states.word[i])));
}

/// As PlainCopy, without calls of functions that find out first how few bytes there are.
struct MaskedCopy {
  ONECODE_AVX512 static void block(unsigned char* to, std::string_view text) {
    const __mmask64 mask = text.size() < 64 ? (__mmask64{1} << text.size()) - 1 : ~__mmask64{0};
    _mm512_storeu_si512(to, _mm512_maskz_loadu_epi8(mask, text.data()));
  }
};

/// Each lane takes the next text when it is through with one.
void side_by_side(std::span<const HashJob> jobs) {
  alignas(64) static constexpr unsigned char kIdle[kBlock]{};
  States states{};
  Blocks<MaskedCopy> blocks[kLanes];
  Run runs[kLanes];
  Hash* outs[kLanes]; // of a lane without work: none
  const unsigned char* at[kLanes];
  std::size_t next = 0, busy = 0;
  const auto begin = [&](std::size_t lane) {
    outs[lane] = nullptr;
    at[lane] = kIdle;
    if (next == jobs.size()) return;
    const HashJob& job = jobs[next++];
    outs[lane] = job.out;
    states.put(lane, job.from->words);
    blocks[lane].begin(job);
    runs[lane] = blocks[lane].next();
    at[lane] = runs[lane].at;
    ++busy;
  };
  for (std::size_t lane = 0; lane < kLanes; ++lane) begin(lane);
  while (busy >= kFewest) {
    compress(states, at);
    for (std::size_t lane = 0; lane < kLanes; ++lane) {
      if (outs[lane] == nullptr) continue;
      auto& run = runs[lane];
      run.at += kBlock;
      if (--run.blocks == 0) run = blocks[lane].next();
      at[lane] = run.at;
      if (run.blocks > 0) continue;
      states.put_hash(lane, *outs[lane]);
      --busy;
      begin(lane);
    }
  }
  for (std::size_t lane = 0; lane < kLanes; ++lane)
    if (outs[lane] != nullptr) finish(states.get(lane), runs[lane], blocks[lane], *outs[lane]);
}
#endif

} // namespace

bool hashes_side_by_side() {
#if defined(__x86_64__)
  static const bool can = __builtin_cpu_supports("avx512f") != 0 && __builtin_cpu_supports("avx512bw") != 0;
  return can;
#else
  return false;
#endif
}

HashState go_on(HashState from, std::string_view text) {
  for (; !text.empty(); text.remove_prefix(kBlock)) {
    compress(from.words, bytes(text));
    from.bytes += kBlock;
  }
  return from;
}

void sha256(std::span<const HashJob> jobs) {
#if defined(__x86_64__)
  if (jobs.size() >= kFewest && hashes_side_by_side()) return side_by_side(jobs);
#endif
  Blocks<PlainCopy> blocks;
  for (const auto& job : jobs) {
    blocks.begin(job);
    finish(job.from->words, blocks.next(), blocks, *job.out);
  }
}

HmacKey hmac_key(std::string_view key) {
  std::array<char, kBlock> inner{}, outer;
  if (key.size() > inner.size())
    std::ranges::copy(sha256({key}), inner.begin());
  else
    key.copy(inner.data(), key.size());
  outer = inner;
  for (auto& c : inner) c = static_cast<char>(c ^ 0x36);
  for (auto& c : outer) c = static_cast<char>(c ^ 0x5c);
  return {go_on(kHashStart, {inner.data(), inner.size()}), go_on(kHashStart, {outer.data(), outer.size()})};
}

Hash hmac_sha256(std::string_view key, std::string_view text) {
  const HmacKey keyed = hmac_key(key);
  Hash inner, out;
  const HashJob first{{}, text, &inner, &keyed.inner}, second{{}, view(inner), &out, &keyed.outer};
  sha256({&first, 1});
  sha256({&second, 1});
  return out;
}

} // namespace onecode::evidence
