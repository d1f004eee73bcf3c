package dev.backplane.shell.internal.gogo;

import java.util.Collection;
import java.util.List;
import org.jline.reader.Candidate;
import org.jline.reader.Completer;
import org.jline.reader.LineReader;
import org.jline.reader.ParsedLine;

/** Completes a command's words. The shell's thread. */
record WordCompleter(ShellLines lines) implements Completer {
    @Override
    public void complete(LineReader reader, ParsedLine line, List<Candidate> candidates) {
        Collection<String> words = switch (line.wordIndex()) {
            case 0 -> lines.names();
            case 1 -> lines.verbs(line.words().getFirst());
            default -> List.of();
        };
        words.forEach(word -> candidates.add(new Candidate(word)));
    }
}
