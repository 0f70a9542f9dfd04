// The demo alone, which compiles sooner than the whole tool.

#include "commands.hpp"

int main(int argc, char** argv) {
    const Terminal terminal;
    std::vector<const char*> arguments(argv, argv + argc);
    arguments.insert(arguments.begin() + 1, "demo");
    return run_commands(argc + 1, arguments.data(), {add_demo_command});
}
