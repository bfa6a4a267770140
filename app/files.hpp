// Whole files in and out; every failure names the file.
#pragma once

#include <string>
#include <string_view>

namespace onecode::app {

/// `-` is stdin. Throws InputError.
std::string read_file(const std::string& path);
/// A token or password: the file without the line ends that editors add. Throws InputError.
std::string read_secret(const std::string& path);
/// Written beside the target and renamed, so that a reader never meets half a file. `mode` as in chmod.
void write_file(const std::string& path, std::string_view content, unsigned mode = 0644);
/// A new or empty folder for what a verb writes, made where it is missing; with `force` one that holds something. Throws
/// InputError.
void make_output_folder(const std::string& folder, bool force);
/// Prints all of it on stdout; throws InputError when stdout takes no more.
void print(std::string_view text);

} // namespace onecode::app
