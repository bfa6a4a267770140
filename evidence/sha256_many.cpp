// As in sha256.cpp: EVP would cost more than it hides.
#define OPENSSL_SUPPRESS_DEPRECATED

#include "evidence/sha256_many.hpp"

#include <openssl/sha.h>

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstring>
#include <numeric>

#include "evidence/big_endian.hpp"

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

constexpr std::int64_t kBlock = 64;
constexpr unsigned char kMark = 0x80;        // of a text's end
constexpr std::int64_t kMostInLast = 64 - 9; // bytes of text in a block, which the mark and the number of bits end

const unsigned char* bytes(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }

void compress(std::array<std::uint32_t, 8>& words, const unsigned char* block) {
  SHA256_CTX context;
  std::ranges::copy(words, context.h);
  SHA256_Transform(&context, block);
  std::ranges::copy(context.h, words.begin());
}

void put_hash(Hash& out, std::array<std::uint32_t, 8> words) {
  for (auto& word : words) word = big_endian(word);
  std::memcpy(out.data(), words.data(), out.size());
}

/// What is left of a text.
struct Rest {
  const unsigned char* at = nullptr; // its next block
  std::int64_t bytes = 0;            // from there on; below 0: the mark of the end stood in the block before
  std::uint64_t bits = 0;            // of all that is hashed
};

/// One block after the other.
void finish(std::array<std::uint32_t, 8> words, Rest rest, Hash& out) {
  for (; rest.bytes >= kBlock; rest.at += kBlock, rest.bytes -= kBlock) compress(words, rest.at);
  unsigned char last[kBlock]{};
  if (rest.bytes > 0) std::memcpy(last, rest.at, static_cast<std::size_t>(rest.bytes));
  if (rest.bytes >= 0) last[rest.bytes] = kMark;
  if (rest.bytes > kMostInLast) {
    compress(words, last);
    std::ranges::fill(last, 0);
  }
  const std::uint64_t bits = big_endian(rest.bits);
  std::memcpy(last + kBlock - sizeof bits, &bits, sizeof bits);
  compress(words, last);
  put_hash(out, words);
}

std::int64_t bytes_of(const HashJob& job) { return static_cast<std::int64_t>(job.prefix.size() + job.text.size()); }
std::uint64_t bits_of(const HashJob& job) { return 8 * (job.from->bytes + job.prefix.size() + job.text.size()); }

void alone(const HashJob& job) {
  auto words = job.from->words;
  Rest rest{bytes(job.text), bytes_of(job), bits_of(job)};
  unsigned char first[kBlock]; // a prefix and what follows it, up to the end of a block
  if (!job.prefix.empty()) {
    job.prefix.copy(reinterpret_cast<char*>(first), kBlock);
    const auto more = job.text.copy(reinterpret_cast<char*>(first) + job.prefix.size(), kBlock - job.prefix.size());
    if (rest.bytes < kBlock) return finish(words, {first, rest.bytes, rest.bits}, *job.out);
    compress(words, first);
    rest = {bytes(job.text) + more, rest.bytes - kBlock, rest.bits};
  }
  finish(words, rest, *job.out);
}

#if defined(__x86_64__)
#define ONECODE_AVX512 __attribute__((target("avx512f,avx512bw,bmi2")))

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

/// Rows become columns.
[[gnu::always_inline]] ONECODE_AVX512 inline void transpose(__m512i (&m)[16]) {
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

/// A block of each of sixteen: column i has word i of all. The names are those of FIPS 180-4 §6.2.2.
ONECODE_AVX512 inline void compress(__m512i (&s)[8], __m512i (&w)[16]) {
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
}

/// Bytes of words that are read, or written, in the order of this machine.
ONECODE_AVX512 inline __m512i swapped(__m512i words) {
  return _mm512_shuffle_epi8(words, _mm512_broadcast_i32x4(_mm_set_epi64x(0x0c0d0e0f08090a0b, 0x0405060700010203)));
}

/// Eight columns of words become sixteen hashes.
[[gnu::always_inline]] ONECODE_AVX512 inline void to_rows(const __m512i (&s)[8], Hash (&rows)[kLanes]) {
  __m512i half[2][4]; // words 0 to 3 of the rows j, j + 4, j + 8, j + 12, and their words 4 to 7
#pragma GCC unroll 2
  for (std::size_t i = 0; i < 2; ++i) {
    const __m512i low01 = _mm512_unpacklo_epi32(s[4 * i], s[4 * i + 1]),
                  high01 = _mm512_unpackhi_epi32(s[4 * i], s[4 * i + 1]);
    const __m512i low23 = _mm512_unpacklo_epi32(s[4 * i + 2], s[4 * i + 3]),
                  high23 = _mm512_unpackhi_epi32(s[4 * i + 2], s[4 * i + 3]);
    half[i][0] = swapped(_mm512_unpacklo_epi64(low01, low23));
    half[i][1] = swapped(_mm512_unpackhi_epi64(low01, low23));
    half[i][2] = swapped(_mm512_unpacklo_epi64(high01, high23));
    half[i][3] = swapped(_mm512_unpackhi_epi64(high01, high23));
  }
  const __m512i first = _mm512_set_epi64(11, 10, 3, 2, 9, 8, 1, 0),
                last = _mm512_add_epi64(first, _mm512_set1_epi64(4));
#pragma GCC unroll 4
  for (std::size_t j = 0; j < 4; ++j) {
    const auto put = [&](std::size_t row, __m256i words)
                         ONECODE_AVX512 { _mm256_storeu_si256(reinterpret_cast<__m256i*>(rows[row].data()), words); };
    const __m512i low = _mm512_permutex2var_epi64(half[0][j], first, half[1][j]),
                  high = _mm512_permutex2var_epi64(half[0][j], last, half[1][j]);
    put(j, _mm512_castsi512_si256(low));
    put(j + 4, _mm512_extracti64x4_epi64(low, 1));
    put(j + 8, _mm512_castsi512_si256(high));
    put(j + 12, _mm512_extracti64x4_epi64(high, 1));
  }
}

/// Nothing, a mark, nothing: from where on one reads tells where in a block it stands, or that it does not.
alignas(64) constexpr auto kMarked = [] {
  std::array<unsigned char, 3 * kBlock> all{};
  all[kBlock] = kMark;
  return all;
}();

/// The first so many bits.
ONECODE_AVX512 inline __mmask64 first_of(std::int32_t n) {
  return _bzhi_u64(~std::uint64_t{0}, static_cast<unsigned>(n));
}

/// At most sixteen, each in a lane, as long as enough of them go on. Texts are read where they lie, up to their ends.
ONECODE_AVX512 void in_step(std::span<const HashJob* const> jobs) {
  // Numbers, for where a text would begin if its prefix stood before it, and what lies behind its end, are no places of anything.
  std::uintptr_t at[kLanes], done = 0;
  const unsigned char* prefix[kLanes];
  __mmask64 before[kLanes]; // where the prefix is
  alignas(64) std::int32_t bytes[kLanes], bits[kLanes], in_block[kLanes], mark[kLanes];
  bool fresh = true; // they begin with nothing
  for (std::size_t i = 0; i < kLanes; ++i) {
    const HashJob& job = *jobs[std::min(i, jobs.size() - 1)];
    // A load of no bytes is slow where there is no memory: nullptr is replaced.
    at[i] = reinterpret_cast<std::uintptr_t>(job.text.empty() ? kMarked.data() : onecode::evidence::bytes(job.text)) -
            job.prefix.size();
    prefix[i] = job.prefix.empty() ? kMarked.data() : onecode::evidence::bytes(job.prefix);
    before[i] = first_of(static_cast<std::int32_t>(job.prefix.size()));
    bytes[i] = static_cast<std::int32_t>(bytes_of(job));
    bits[i] = static_cast<std::int32_t>(bits_of(job));
    fresh = fresh && job.from == &kHashStart;
  }
  __m512i s[8], w[16];
  if (fresh) {
#pragma GCC unroll 8
    for (std::size_t i = 0; i < 8; ++i) s[i] = _mm512_set1_epi32(static_cast<int>(kHashStart.words[i]));
  } else {
#pragma GCC unroll 16
    for (std::size_t i = 0; i < kLanes; ++i)
      w[i] = _mm512_castsi256_si512(_mm256_loadu_si256(
          reinterpret_cast<const __m256i*>(jobs[std::min(i, jobs.size() - 1)]->from->words.data())));
    transpose(w);
    std::copy_n(w, 8, s);
  }
  const __m512i block = _mm512_set1_epi32(kBlock);
  __m512i left = _mm512_load_si512(bytes);
  auto on = static_cast<__mmask16>((1U << jobs.size()) - 1);
  do {
    _mm512_store_si512(in_block, _mm512_min_epi32(_mm512_max_epi32(left, _mm512_setzero_si512()), block));
    _mm512_store_si512(
        mark, _mm512_sub_epi32(block, _mm512_max_epi32(_mm512_min_epi32(left, block), _mm512_set1_epi32(-kBlock))));
    const auto block_of = [&](std::size_t i, __mmask64 without) ONECODE_AVX512 {
      const __m512i marked = _mm512_loadu_si512(kMarked.data() + mark[i]);
      __builtin_prefetch(reinterpret_cast<const void*>(at[i] + done + kBlock));
      return _mm512_mask_loadu_epi8(marked, first_of(in_block[i]) & ~without,
                                    reinterpret_cast<const void*>(at[i] + done));
    };
    if (done == 0) {
#pragma GCC unroll 16
      for (std::size_t i = 0; i < kLanes; ++i)
        w[i] = swapped(_mm512_mask_loadu_epi8(block_of(i, before[i]), before[i], prefix[i]));
    } else {
#pragma GCC unroll 16
      for (std::size_t i = 0; i < kLanes; ++i) w[i] = swapped(block_of(i, 0));
    }
    transpose(w);
    const __mmask16 more = _mm512_cmpgt_epi32_mask(left, _mm512_set1_epi32(kMostInLast));
    w[15] = _mm512_mask_or_epi32(w[15], static_cast<__mmask16>(~more), w[15], _mm512_load_si512(bits));
    __m512i t[8];
    std::copy_n(s, 8, t);
    compress(t, w);
#pragma GCC unroll 8
    for (std::size_t i = 0; i < 8; ++i) s[i] = _mm512_mask_add_epi32(s[i], on, s[i], t[i]);
    on &= more;
    left = _mm512_sub_epi32(left, block);
    done += kBlock;
  } while (static_cast<std::size_t>(std::popcount(static_cast<unsigned>(on))) >= kFewest);

  Hash words[kLanes];
  to_rows(s, words);
  _mm512_store_si512(bytes, left);
  for (std::size_t i = 0; i < jobs.size(); ++i) {
    *jobs[i]->out = words[i];
    if ((on >> i & 1) == 0) continue;
    std::array<std::uint32_t, 8> so_far;
    std::memcpy(so_far.data(), words[i].data(), sizeof so_far);
    for (auto& word : so_far) word = big_endian(word);
    finish(so_far,
           {reinterpret_cast<const unsigned char*>(at[i] + done), bytes[i], static_cast<std::uint32_t>(bits[i])},
           *jobs[i]->out);
  }
}

/// Those of as many blocks go together.
void side_by_side(std::span<const HashJob> jobs) {
  constexpr std::size_t kAtOnce = 256, kMostBlocks = 32;
  std::array<const HashJob*, kAtOnce> sorted;
  for (; !jobs.empty(); jobs = jobs.subspan(std::min(jobs.size(), kAtOnce))) {
    const auto some = jobs.first(std::min(jobs.size(), kAtOnce));
    std::array<std::uint8_t, kAtOnce> blocks;
    bool same = true;
    std::size_t n = 0;
    for (const auto& job : some) {
      if (bits_of(job) >> 32 != 0) { // a lane counts up to there
        alone(job);
        continue;
      }
      const auto all = static_cast<std::size_t>(bytes_of(job) + kBlock - 1 - kMostInLast) / kBlock;
      blocks[n] = static_cast<std::uint8_t>(std::min(all, kMostBlocks - 1));
      same = same && blocks[n] == blocks[0];
      sorted[n++] = &job;
    }
    if (!same) {
      std::array<std::uint16_t, kMostBlocks + 1> end{};
      for (std::size_t i = 0; i < n; ++i) ++end[blocks[i] + 1U];
      std::partial_sum(end.begin(), end.end(), end.begin());
      const auto as_given = sorted;
      for (std::size_t i = 0; i < n; ++i) sorted[end[blocks[i]]++] = as_given[i];
    }
    for (std::span<const HashJob* const> left = std::span(sorted).first(n); !left.empty();) {
      const auto now = left.first(std::min(left.size(), kLanes));
      left = left.subspan(now.size());
      if (now.size() >= kFewest)
        in_step(now);
      else
        for (const auto* job : now) alone(*job);
    }
  }
}
#endif

} // namespace

bool hashes_side_by_side() {
#if defined(__x86_64__)
  static const bool can = __builtin_cpu_supports("avx512f") != 0 && __builtin_cpu_supports("avx512bw") != 0 &&
                          __builtin_cpu_supports("bmi2") != 0;
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
  for (const auto& job : jobs) alone(job);
}

HmacKey hmac_key(std::string_view key) {
  std::array<char, 64> inner{}, outer;
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
