#include "physics/rank_groups.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <exception>
#include <sstream>
#include <string>

#include "physics/node_memory.hpp"

namespace lenswright {

namespace {

Communicator part_of(const Communicator& ranks, int color) {
  MPI_Comm part = MPI_COMM_NULL;
  MPI_Comm_split(ranks.handle(), color, ranks.rank(), &part);
  return Communicator(part);
}

// The ranks of a node, `most` at a time.
Communicator neighbours(const Communicator& ranks, int most) {
  const NodeRanks node(ranks);
  return part_of(node.ranks(), node.ranks().rank() / most);
}

void free_part(const Communicator& part) {
  MPI_Comm handle = part.handle();
  MPI_Comm_free(&handle);
}

}  // namespace

RankGroups::RankGroups(const Communicator& ranks, int most)
    : ranks_(ranks), group_(neighbours(ranks, most)), firsts_(MPI_COMM_SELF) {
  if (group_.size() > 1) {
    if (const int trial = share_file(); trial >= 0) {
      close(trial);
    } else {
      const Communicator alone = part_of(group_, group_.rank());
      free_part(group_);
      group_ = alone;
    }
  }
  has_firsts_ = group_.first();
  MPI_Comm firsts = MPI_COMM_NULL;
  MPI_Comm_split(ranks_.handle(), has_firsts_ ? 0 : MPI_UNDEFINED, ranks_.rank(), &firsts);
  if (has_firsts_) firsts_ = Communicator(firsts);

  std::string number = has_firsts_ ? std::to_string(firsts_.rank()) : "";
  group_.broadcast(0, number);
  for (const std::string& text : ranks_.gather_all(number)) group_of_.push_back(std::stoi(text));
  groups_ = *std::max_element(group_of_.begin(), group_of_.end()) + 1;
}

// To free a communicator takes all its ranks. While an exception passes, the others may be elsewhere and never come:
// then it is left to the end of the program.
RankGroups::~RankGroups() {
  if (std::uncaught_exceptions() > 0) return;
  free_part(group_);
  if (has_firsts_) free_part(firsts_);
}

// A file without a name in any folder: it cannot outlive the ranks, and takes memory only where it is written to. The
// others reach it through the first rank's entry in /proc. In a container of its own that may be another process's, so
// the file is known by its number.
int RankGroups::share_file() const {
  if (group_.size() == 1) return -1;
  int file = group_.first() ? memfd_create("lenswright planes", MFD_CLOEXEC) : -1;
  struct stat is {};
  std::string place;
  if (file >= 0 && fstat(file, &is) == 0)
    place = fmt::format("{} {} /proc/{}/fd/{}", is.st_dev, is.st_ino, getpid(), file);
  group_.broadcast(0, place);
  if (!group_.first()) {
    std::istringstream words(place);
    dev_t device = 0;
    ino_t number = 0;
    std::string path;
    words >> device >> number >> path;
    if (stat(path.c_str(), &is) == 0 && is.st_dev == device && is.st_ino == number)
      file = open(path.c_str(), O_RDWR | O_CLOEXEC);
  }
  if (!group_.any(file < 0 || place.empty())) return file;
  if (file >= 0) close(file);
  return -1;
}

void RankGroups::settle() const {
  if (group_.size() == 1) return;
  std::atomic_thread_fence(std::memory_order_seq_cst);
  group_.barrier();
  std::atomic_thread_fence(std::memory_order_seq_cst);
}

void RankGroups::sum_all(std::span<std::int64_t> values) const {
  if (groups_ == 1) return;
  if (has_firsts_) firsts_.sum_all(values);
  settle();
}

void RankGroups::sum_to(int root, std::span<std::int64_t> values) const {
  if (groups_ == 1) return;
  if (has_firsts_) firsts_.sum_to(group_of_[static_cast<std::size_t>(root)], values);
  settle();
}

}  // namespace lenswright
