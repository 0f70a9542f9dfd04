#include "commands.hpp"

int main(int argc, char** argv) {
    const Terminal terminal;
    return run_commands(argc, argv,
                        {add_demo_command, add_count_command, add_tokenize_command,
                         add_train_tokenizer_command, add_train_command, add_classify_commands,
                         add_distill_command, add_query_commands, add_eval_command,
                         add_file_commands, add_text_commands, add_encode_command});
}
