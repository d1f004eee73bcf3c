package dev.backplane.device.serial.internal;

import dev.backplane.api.console.ConsoleRef;
import dev.backplane.api.part.Option;
import java.util.Optional;

/** Where the port is and what it talks to. */
public record SerialOptions(
        @Option(
                value =
                        "Which of a PC's four standard places: 1 is port 0x3f8 and IRQ 4, 2 is 0x2f8 and 3, 3 is 0x3e8 and 4,"
                                + " 4 is 0x2e8 and 3.",
                byDefault = "1",
                min = 1,
                max = 4)
        int com,

        @Option(value = "First of the eight I/O ports, in place of the standard one.", max = 0xfff8)
        Optional<Integer> port,

        @Option(value = "ISA interrupt, in place of the standard one.", max = 15)
        Optional<Integer> irq,

        @Option("Where its characters go; without it output is dropped and nothing arrives.")
        Optional<ConsoleRef> console) {

    private static final int[] PORTS = {0x3f8, 0x2f8, 0x3e8, 0x2e8};
    private static final int[] IRQS = {4, 3, 4, 3};

    /** A standard port on a console. */
    public static SerialOptions com(int com, ConsoleRef console) {
        return new SerialOptions(com, Optional.empty(), Optional.empty(), Optional.of(console));
    }

    int firstPort() {
        return port.orElse(PORTS[com - 1]);
    }

    int interrupt() {
        return irq.orElse(IRQS[com - 1]);
    }
}
