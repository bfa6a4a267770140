#include <string>
#include <vector>

#include "app/cli.hpp"

int main(int argc, char** argv) {
  return onecode::app::run_command_line(std::vector<std::string>(argv + 1, argv + argc));
}
