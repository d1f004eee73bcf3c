package dev.backplane.x86.system;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.fail;

import dev.backplane.x86.decode.Decoder;
import dev.backplane.x86.fpu.X87Family;
import dev.backplane.x86.interp.Engine;
import dev.backplane.x86.interp.Stop;
import dev.backplane.x86.simd.SimdFamily;
import dev.backplane.x86.state.Bits;
import dev.backplane.x86.state.Gpr;
import dev.backplane.x86.state.Registers;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Random bytes as code, in every mode and at both ends of privilege: whatever they do, the engine keeps to its contract. The
 * guest may halt, shut down or loop; nothing may be thrown, and what its instructions leave must be a possible state.
 */
class RandomCodeTest {
    private static final int PROGRAMS = Integer.getInteger("backplane.fuzz.programs", 300);
    private static final int STEPS = 60;

    private volatile @Nullable Guest running;
    private volatile boolean done;
    private final Thread kicker = new Thread(this::kick);

    @BeforeEach
    void start() {
        kicker.start();
    }

    @AfterEach
    void stop() {
        done = true;
    }

    enum Mode {
        REAL,
        PROTECTED,
        PROTECTED_USER,
        LONG,
        LONG_USER
    }

    @ParameterizedTest
    @EnumSource(Mode.class)
    void engineSurvivesRandomCode(Mode mode) {
        long seed = Long.getLong("backplane.fuzz.seed", 20240817) + mode.ordinal();
        var random = new Random(seed);
        for (int program = 0; program < PROGRAMS; program++) {
            var guest = new Guest();
            switch (mode) {
                case REAL -> guest.real();
                case PROTECTED -> guest.protected32();
                case PROTECTED_USER -> guest.protected32().user();
                case LONG -> guest.long64();
                case LONG_USER -> guest.long64().user();
            }
            guest.cpu.cr4 |= Bits.CR4_OSFXSR | Bits.CR4_OSXSAVE;
            guest.cpu.xcr0 = 7;
            guest.cpu.modeChanged();
            var engine = new Engine(
                    guest.cpu,
                    new Decoder(CpuModel.named("x86-64-v3").orElseThrow().features()),
                    guest.system.events(),
                    List.of(guest.system, new X87Family(), new SimdFamily()));
            byte[] code = code(random);
            guest.put(Guest.CODE, HexFormat.of().formatHex(code));
            for (int n = 0; n < 16; n++) {
                guest.cpu.r[n] = n == Gpr.RSP ? guest.cpu.r[n] : value(random);
            }
            if (mode.ordinal() < Mode.LONG.ordinal()) {
                for (int n = 0; n < 8; n++) {
                    guest.cpu.r[n] &= 0xFFFFFFFFL;
                }
            }
            boolean stepped = random.nextBoolean();
            try {
                execute(guest, engine, stepped);
            } catch (RuntimeException | StackOverflowError e) {
                fail(
                        "%s, seed %d, program %d, stepped %b, code %s, at %s"
                                .formatted(
                                        mode,
                                        seed,
                                        program,
                                        stepped,
                                        HexFormat.of().formatHex(code),
                                        guest),
                        e);
            }
            String where = "%s, seed %d, program %d".formatted(mode, seed, program);
            assertEquals(2, guest.cpu.flags() & 0xFFC0802A, where);
            assertEquals(guest.cpu.rip & guest.cpu.ipMask, guest.cpu.rip, where);
        }
    }

    private void execute(Guest guest, Engine engine, boolean stepped) {
        running = guest;
        int kicks = 0;
        for (int n = 0; n < STEPS && kicks < 2; n++) {
            Stop stop = stepped ? engine.step() : engine.run();
            kicks += stop == Stop.KICKED ? 1 : 0;
            if (stop == Stop.HALTED || stop == Stop.SHUTDOWN) {
                return;
            }
        }
    }

    /** Ends what would loop, and string instructions with enormous counts. */
    private void kick() {
        try {
            while (!done) {
                Thread.sleep(2);
                Guest guest = running;
                if (guest != null) {
                    guest.cpu.raise(Registers.KICK);
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Random bytes, with more of what begins interesting instructions than chance would give. */
    private static byte[] code(Random random) {
        byte[] code = new byte[200];
        random.nextBytes(code);
        int[] common = {0x0F, 0x66, 0x67, 0xF0, 0xF2, 0xF3, 0x48, 0x40, 0x2E, 0x0F};
        for (int n = 0; n < code.length; n += 1 + random.nextInt(5)) {
            code[n] = (byte) common[random.nextInt(common.length)];
        }
        return code;
    }

    private static long value(Random random) {
        return switch (random.nextInt(5)) {
            case 0 -> random.nextLong();
            case 1 -> random.nextInt(0x400000);
            case 2 -> Guest.CODE + random.nextInt(400);
            case 3 -> 0xFEE00000L + random.nextInt(0x1000);
            default -> random.nextInt(-9, 10);
        };
    }
}
