package dev.backplane.itests.inside;

import static org.junit.Assert.assertEquals;

import dev.backplane.api.vm.Vm;
import dev.backplane.api.vm.Vm.BayInfo;
import dev.backplane.api.vm.VmManager;
import dev.backplane.api.vm.VmSource;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Map;

/**
 * A machine whose guest prints the alphabet over and over to its serial port, as fast as that takes it: a real-mode program on
 * the interpreter, with a file as the far end.
 */
final class PrintingMachine implements AutoCloseable {
    /** What the guest does; SDM mnemonics beside the bytes. */
    private static final String PROGRAM = """
            b361    mov bl,'a'
            bafd03  mov dx,0x3fd
            ec      in al,dx
            a820    test al,0x20
            74fb    jz -5
            baf803  mov dx,0x3f8
            88d8    mov al,bl
            ee      out dx,al
            43      inc bx
            80fb7b  cmp bl,'z'+1
            75ec    jne -20
            ebe8    jmp -24
            """;

    private static final int DATA_PORT = 0x3f8;

    private final Path output;
    private final Vm vm;
    private final StringBuffer written = new StringBuffer();

    PrintingMachine(VmManager vms, String name) throws Exception {
        var folder = Files.createTempDirectory("backplane-it");
        output = folder.resolve("out.log");
        Files.write(folder.resolve("boot.bin"), sector());
        var text = """
                name: %s
                memory: 1MiB
                cpu: soft
                boot: {kernel: boot.bin}
                devices: [{type: serial-16550, id: com1, console: {type: file, path: out.log}}]
                """.formatted(name);
        vm = vms.define(new VmSource(name + ".yaml", text, folder, Map.of()));
    }

    private static byte[] sector() {
        var code = new StringBuilder();
        PROGRAM.lines().forEach(line -> code.append(line.split(" ")[0]));
        var sector = Arrays.copyOf(HexFormat.of().parseHex(code), 512);
        sector[510] = 0x55;
        sector[511] = (byte) 0xaa;
        return sector;
    }

    void start() throws Exception {
        vm.start(Duration.ZERO);
        vm.tap((port, write, address, size, value) -> {
            if (write && address == DATA_PORT) {
                written.append((char) value);
            }
        });
    }

    Vm vm() {
        return vm;
    }

    String stateOf(String bay) {
        return info(bay).state();
    }

    BayInfo info(String bay) {
        return vm.bays().stream()
                .filter(info -> info.id().equals(bay))
                .findFirst()
                .orElseThrow();
    }

    private String printed() {
        try {
            return Files.readString(output, StandardCharsets.ISO_8859_1);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    void awaitProgress() throws InterruptedException {
        int before = printed().length();
        CountingMachine.await(
                "the guest prints on; " + vm.bays(), () -> printed().length() > before + 500);
    }

    /** Ends the machine and compares: byte for byte the alphabet, and what the guest wrote is what the file holds. */
    void endAndCompare() {
        vm.kill("the test has seen enough");
        var printed = printed();
        for (int i = 0; i < printed.length(); i++) {
            if (printed.charAt(i) != 'a' + i % 26) {
                int from = Math.max(0, i - 40);
                throw new AssertionError("byte " + i + " of " + printed.length() + " is wrong: "
                        + printed.substring(from, Math.min(printed.length(), i + 40)));
            }
        }
        var seen = written.toString();
        assertEquals(seen, printed.substring(printed.length() - seen.length()));
    }

    @Override
    public void close() {
        vm.remove();
    }
}
