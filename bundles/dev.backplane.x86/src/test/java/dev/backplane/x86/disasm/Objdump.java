package dev.backplane.x86.disasm;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/** Debian's objdump as a judge. */
final class Objdump {
    private static final List<String> MACHINES = List.of("i8086", "i386", "i386:x86-64");

    private Objdump() {}

    /** Where it is, if it is installed. */
    static Optional<Path> program() {
        return Optional.of(Path.of("/usr/bin/objdump")).filter(Files::isExecutable);
    }

    /**
     * An instruction.
     *
     * @param text in the form of {@link Disassembler}: without comments, prefixes that have no effect, and columns
     */
    record Line(long address, int length, String text) {}

    /** Takes bytes apart. */
    static void bytes(byte[] code, int mode, long address, Path folder, Consumer<Line> to) throws IOException {
        Path file = Files.write(folder.resolve("code"), code);
        run(
                List.of(
                        "objdump",
                        "-D",
                        "-b",
                        "binary",
                        "-m",
                        MACHINES.get(mode),
                        "--adjust-vma=0x" + Long.toHexString(address),
                        "-z",
                        "-w",
                        "-M",
                        "intel",
                        file.toString()),
                to);
    }

    /** Takes a program's text apart. */
    static void text(Path program, Consumer<Line> to) throws IOException {
        run(List.of("objdump", "-d", "-j", ".text", "-w", "-M", "intel", program.toString()), to);
    }

    private static void run(List<String> command, Consumer<Line> to) throws IOException {
        Process process = new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        try (BufferedReader reader = process.inputReader()) {
            for (String line = reader.readLine(); line != null; line = reader.readLine()) {
                String[] columns = line.split("\t");
                if (columns.length >= 3 && columns[0].endsWith(":")) {
                    long at = Long.parseUnsignedLong(columns[0].strip().replace(":", ""), 16);
                    to.accept(new Line(at, columns[1].strip().split(" +").length, plain(columns[2])));
                }
            }
        }
    }

    private static String plain(String text) {
        String bare = text.replaceAll("\\s*#.*", "")
                .replaceAll("\\s*<.*", "")
                // An index that is not there: its scale means nothing.
                .replaceAll("\\+[er]iz\\*[1248]", "")
                .replaceAll("\\s+", " ")
                .strip();
        // A target without 0x has a symbol.
        return bare.replaceAll("^((bnd |notrack )*(j[a-z]+|call|loop[a-z]*)) ([0-9a-f]+)$", "$1 0x$4");
    }

    /** Takes away prefixes that have no effect on the instruction: ours are not told. */
    static String withoutIdlePrefixes(String text) {
        return text.replaceAll(
                "^((data16|data32|addr32|addr16|cs|ds|es|ss|fs|gs|repz|repnz|rep|bnd|notrack|xacquire|xrelease|lock|rex(\\.[WRXB]+)?) )+",
                "");
    }
}
