package dev.backplane.x86.interp;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.backplane.x86.state.Bits;
import dev.backplane.x86.state.Gpr;
import java.util.HexFormat;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A comparison with a branch behind it, which is one operation, against the same comparison alone and its flags. */
class CompareAndBranchTest {
    private static final long DATA = 0x40_0000_0000L;
    private final TestMachine machine = new TestMachine().userMode(DATA);

    @ParameterizedTest
    @ValueSource(
            strings = {
                // cmp: registers, immediates, memory and immediate, memory and register, both ways
                "39c8",
                "4839c8",
                "3bc8",
                "483bc8",
                "83f8fd",
                "4883f87f",
                "81f800000080",
                "483d00000080",
                "3cff",
                "80f97f",
                "80fc01",
                "833bff",
                "48833b01",
                "803b80",
                "390b",
                "48390b",
                "3b0b",
                "483b0b",
                "66390b",
                "380b",
                "38c8",
                // test
                "85c0",
                "4885c8",
                "84c9",
                "84e0",
                "a90000ff00",
                "48a9ffffffff",
                "f6c180",
                "f6c401",
                "f7c100000080",
                "f60301",
                "f70300000080",
                "850b",
                "48850b"
            })
    void pairIsTakenAsTheFlagsSay(String comparison) {
        var random = new Random(comparison.hashCode());
        for (int condition = 0; condition < 16; condition++) {
            for (int n = 0; n < 200; n++) {
                long rax = value(random);
                long rcx = random.nextInt(3) == 0 ? rax : value(random);
                long memory = random.nextInt(3) == 0 ? rcx : value(random);
                registers(rax, rcx, memory);
                if (n == 0) {
                    machine.code(comparison);
                }
                machine.cpu.rip = TestMachine.CODE;
                machine.run();
                int flags = machine.cpu.flags();
                boolean taken = Conditions.test(machine.cpu, condition);

                registers(rax, rcx, memory);
                if (n == 0) {
                    // comparison; jcc +6; mov r15d, 1
                    machine.code(
                            0x100,
                            HexFormat.of()
                                    .parseHex(comparison + Integer.toHexString(0x70 + condition) + "06"
                                            + "41bf01000000"));
                }
                machine.cpu.rip = TestMachine.CODE + 0x100;
                machine.cpu.instructions = 0;
                machine.run();
                String text =
                        "%s, condition %x, rax=%x rcx=%x memory=%x".formatted(comparison, condition, rax, rcx, memory);
                assertEquals(taken ? 0 : 1, machine.cpu.r[Gpr.R15], text);
                assertEquals(taken ? 2 : 3, machine.cpu.instructions, text);
                assertEquals(flags & Bits.ARITHMETIC, machine.cpu.flags() & Bits.ARITHMETIC, text);
            }
        }
    }

    private void registers(long rax, long rcx, long memory) {
        machine.cpu.r[Gpr.RAX] = rax;
        machine.cpu.r[Gpr.RCX] = rcx;
        machine.cpu.r[Gpr.RBX] = DATA + 0x40;
        machine.cpu.r[Gpr.R15] = 0;
        machine.memory(TestMachine.DATA + 0x40, memory);
        machine.cpu.setFlags(Bits.IF);
    }

    private static long value(Random random) {
        return switch (random.nextInt(5)) {
            case 0 -> random.nextLong();
            case 1 -> random.nextInt(-2, 3);
            case 2 -> Long.MIN_VALUE >> random.nextInt(64);
            case 3 -> 0x8000000080008080L ^ random.nextInt(256);
            default -> random.nextLong() >> random.nextInt(64);
        };
    }
}
