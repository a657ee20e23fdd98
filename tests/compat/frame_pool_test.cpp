#include "compat/detail/frame_pool.hpp"

#include <malloc.h>

#include <cstdint>
#include <cstring>
#include <set>
#include <thread>
#include <vector>

#include "test_kit/loop_test.hpp"

namespace crossfade::detail {
namespace {

class FramePoolTest : public testing::Test {
 protected:
  void SetUp() override {
    if (!frames_are_pooled) GTEST_SKIP() << "a sanitizer wants to see each frame";
    release_pooled_frames();
  }
  void TearDown() override { release_pooled_frames(); }

  static std::size_t heap_in_use() {
    const struct mallinfo2 heap = mallinfo2();
    return heap.uordblks + heap.hblkhd;
  }
};

TEST_F(FramePoolTest, BlocksBeginAtACacheLineAndDoNotOverlap) {
  std::vector<std::pair<unsigned char*, std::size_t>> blocks;
  unsigned char mark = 0;
  for (std::size_t size = 1; size <= 2500; size += 7, ++mark) {
    auto* block = static_cast<unsigned char*>(allocate_frame(size));
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(block) % 64, 0U);
    std::memset(block, mark, size);
    blocks.emplace_back(block, size);
  }
  mark = 0;
  for (const auto& [block, size] : blocks) {
    for (std::size_t i = 0; i < size; ++i) ASSERT_EQ(block[i], mark);
    deallocate_frame(block, size);
    ++mark;
  }
}

TEST_F(FramePoolTest, BlockIsUsedAgainForAnyOfItsSize) {
  void* block = allocate_frame(100);
  deallocate_frame(block, 100);
  EXPECT_EQ(allocate_frame(120), block);
  deallocate_frame(block, 120);
}

TEST_F(FramePoolTest, ManyTakeHardlyMoreThanTheirSizeAndGiveItBack) {
  constexpr std::size_t count = 10'000;
  std::vector<void*> blocks(count);
  const std::size_t before = heap_in_use();
  for (void*& block : blocks) block = allocate_frame(320);
  {
    std::set<std::uintptr_t> pages;
    for (void* block : blocks) pages.insert(reinterpret_cast<std::uintptr_t>(block) / 4096);
    EXPECT_LE(pages.size(), count * 320 / 4096 * 101 / 100 + 16);
  }
  for (void* block : blocks) deallocate_frame(block, 320);
  EXPECT_GT(heap_in_use(), before + count * 320);
  release_pooled_frames();
  EXPECT_LT(heap_in_use(), before + std::size_t{16} * 1024);
}

TEST_F(FramePoolTest, ReleaseLeavesAloneWhatIsInUse) {
  constexpr std::size_t count = 10'000;
  std::vector<unsigned char*> blocks(count);
  for (auto*& block : blocks) block = static_cast<unsigned char*>(allocate_frame(320));
  std::vector<unsigned char*> kept;
  for (std::size_t i = 0; i < count; ++i) {
    if (i % 2000 == 7) {
      std::memset(blocks[i], 7, 320);
      kept.push_back(blocks[i]);
    } else {
      deallocate_frame(blocks[i], 320);
    }
  }
  release_pooled_frames();
  for (std::size_t i = 0; i < count; ++i) {
    blocks[i] = static_cast<unsigned char*>(allocate_frame(320));
    std::memset(blocks[i], 1, 320);
  }
  for (const unsigned char* block : kept)
    for (std::size_t i = 0; i < 320; ++i) ASSERT_EQ(block[i], 7);
  for (auto* block : blocks) deallocate_frame(block, 320);
  for (auto* block : kept) deallocate_frame(block, 320);
}

TEST_F(FramePoolTest, BlockMayBeGivenBackOnAnotherThread) {
  void* here = allocate_frame(320);
  void* stays = allocate_frame(320);
  std::thread([&] {
    deallocate_frame(here, 320);
    release_pooled_frames();
    EXPECT_EQ(allocate_frame(320), here);
    deallocate_frame(here, 320);
  }).join();
  deallocate_frame(stays, 320);
  release_pooled_frames();
  // It lies in the other thread's pool, so its chunk is still there.
  std::memset(here, 1, 320);
}

}  // namespace
}  // namespace crossfade::detail
