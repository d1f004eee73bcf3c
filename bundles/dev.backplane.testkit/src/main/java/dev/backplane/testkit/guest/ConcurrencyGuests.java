package dev.backplane.testkit.guest;

import static dev.backplane.testkit.guest.LitmusGuests.little;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/**
 * vCPUs that work on the same thing: locked operations of every size, accessed and dirty bits, interrupts between processors, TLB
 * shootdown, INIT and start-up, code that is changed while others execute it.
 */
final class ConcurrencyGuests {
    private static final int MOST = 16;

    private static final long APIC = 0xfee0_0000L;
    private static final long APIC_DIRECTORY = GuestBuilder.TABLES + 0x8000;
    private static final int VECTOR = 0x40;
    /** Only ends a halt. */
    private static final int WAKE = 0x41;

    // Words that are shared, in cache lines of their own.
    private static final long DONE = GuestBuilder.DATA_PAGE + 0x40;
    private static final long ERRORS = GuestBuilder.DATA_PAGE + 0x80;
    private static final long STOP = GuestBuilder.DATA_PAGE + 0xc0;
    private static final long ACKNOWLEDGED = GuestBuilder.DATA_PAGE + 0x100;
    /** The number of the change that everybody must see. */
    private static final long GENERATION = GuestBuilder.DATA_PAGE + 0x140;

    private static final long COUNTED = GuestBuilder.DATA_PAGE + 0x800;
    /** A page whose entry is changed, its entry, and two frames for it. */
    private static final long PAGE = 0x5_0000;

    private static final long ENTRY = GuestBuilder.PT + (PAGE >>> 12) * 8;
    private static final long FRAMES = 0x5_2000;

    /** MOV EAX with a constant in aligned memory, and RET. */
    private static final long SITE = 0x9007;

    private static final long HANDLER = 0xb000;
    private static final long START_UP = 0x1_c000;
    private static final long OTHERS = GuestBuilder.CODE + 0x400;

    private static final int EQUAL = 4;
    private static final int NOT_EQUAL = 5;
    private static final int BELOW = 2;
    private static final int NOT_BELOW = 3;

    private ConcurrencyGuests() {}

    static List<SmpGuest> all() {
        var all = new ArrayList<SmpGuest>();
        String[] increments = {"f0fe0425", "f066ff0425", "f0ff0425", "f048ff0425"};
        for (int n = 0; n < increments.length; n++) {
            int bytes = 1 << n;
            all.add(counts("aligned", increments[n], bytes, COUNTED, 20_000));
            if (bytes > 1) {
                all.add(counts("across its alignment", increments[n], bytes, COUNTED + bytes / 2, 2_000));
                all.add(counts("across a cache line", increments[n], bytes, COUNTED + 0x40 - 1, 2_000));
                all.add(counts("across a page", increments[n], bytes, GuestBuilder.DATA_PAGE + 0x1000 - 1, 2_000));
            }
        }
        all.add(pairs());
        all.add(accessedAndDirty());
        all.add(interruptsToAll());
        all.add(interruptsInTurn());
        all.add(shootdown());
        all.add(startUp());
        all.add(textPoke());
        all.add(codeOfAnother());
        all.add(codeOfADevice());
        return all;
    }

    private static GuestBuilder guest(String section, String name) {
        GuestBuilder builder = GuestBuilder.guest(section, name)
                .long64()
                .put64(GuestBuilder.PDPT + 3 * 8, APIC_DIRECTORY | 7)
                .put64(APIC_DIRECTORY + (APIC >>> 21 & 0x1ff) * 8, APIC | 0x93);
        return builder.expect("errors", end -> end.memory(ERRORS, 4), 0);
    }

    /** Others come to their end, then the first ends the guest. */
    private static SmpGuest of(GuestBuilder builder, int vcpus, Consumer<Asm> first, Consumer<Asm> others) {
        builder.expect("who has come to the end", end -> end.memory(DONE, 4), vcpus - 1);
        builder.code(a -> {
            a.hex("41bd" + little(APIC));
            first.accept(a);
            a.label("rest")
                    .hex("f390 8b0425" + little(DONE) + "ffc0 4439f0")
                    .jcc(BELOW, "rest")
                    .end();
        });
        builder.codeAt(OTHERS, a -> {
            a.hex("41bd" + little(APIC));
            others.accept(a);
            a.hex("f0ff0425" + little(DONE)).label("stop").cli().hlt().jmp("stop");
        });
        return new SmpGuest(builder.build(), vcpus, List.of(GuestBuilder.CODE, OTHERS), false, SmpGuest.NONE);
    }

    // ---- locked operations
    // ----------------------------------------------------------------------------------------------

    private static SmpGuest counts(String where, String increment, int bytes, long address, int times) {
        int vcpus = 4;
        Consumer<Asm> loop = a -> a.hex("b9" + little(times))
                .label("count")
                .hex(increment + little(address) + "ffc9")
                .jcc(NOT_EQUAL, "count");
        long total = bytes == 8 ? (long) vcpus * times : (long) vcpus * times & (1L << 8 * bytes) - 1;
        return of(
                guest("3A 9.1.2.2", "LOCK INC of %d bits, %s, loses nothing".formatted(8 * bytes, where))
                        .memory(address, bytes, total),
                vcpus,
                loop,
                loop);
    }

    private static SmpGuest pairs() {
        int vcpus = 4;
        int times = 3_000;
        Consumer<Asm> loop = a -> a.hex("41bc" + little(times))
                .label("next")
                .hex("488b0425" + little(COUNTED) + "488b1425" + little(COUNTED + 8))
                .label("again")
                .hex("488d5801 488d4a02 f0480fc70c25" + little(COUNTED))
                .jcc(NOT_EQUAL, "again")
                .hex("41ffcc")
                .jcc(NOT_EQUAL, "next");
        return of(
                guest("3A 9.1.2.2", "LOCK CMPXCHG16B changes both halves at once")
                        .memory(COUNTED, 8, (long) vcpus * times)
                        .memory(COUNTED + 8, 8, 2L * vcpus * times),
                vcpus,
                loop,
                loop);
    }

    /** The first takes the entry away by XCHG and looks whether it comes back, which a store of it with its bits set would do. */
    private static SmpGuest accessedAndDirty() {
        return of(
                guest("3A 5.8", "accessed and dirty bits are set by a locked operation on the entry")
                        .handler(14, 64, a -> a.hex("4883c408 48cf")),
                2,
                a -> a.hex("41bc" + little(20_000))
                        .label("take")
                        .hex("31c0 48870425" + little(ENTRY) + "b914000000")
                        .label("look")
                        .hex("48833c25" + little(ENTRY) + "00")
                        .jcc(NOT_EQUAL, "wrong")
                        .hex("ffc9")
                        .jcc(NOT_EQUAL, "look")
                        .hex("4883e09f 483d" + little(PAGE | 7))
                        .jcc(EQUAL, "right")
                        .label("wrong")
                        .hex("f0ff0425" + little(ERRORS))
                        .label("right")
                        .hex("48c70425" + little(ENTRY) + little(PAGE | 7) + "41ffcc")
                        .jcc(NOT_EQUAL, "take")
                        .hex("c70425" + little(STOP) + little(1)),
                a -> a.label("touch")
                        .invlpg(PAGE)
                        .hex("890425" + little(PAGE) + "833c25" + little(STOP) + "00")
                        .jcc(EQUAL, "touch"));
    }

    // ---- interrupts between processors
    // ----------------------------------------------------------------------------------

    /** The handler of the vector: something, a count, end of interrupt. Keeps all registers that it does not name. */
    private static GuestBuilder onInterrupt(GuestBuilder builder, Consumer<Asm> something) {
        return builder.codeAt(HANDLER, a -> {
                    something.accept(a);
                    a.hex("f0ff0425" + little(ACKNOWLEDGED) + "41c785" + little(0xb0) + little(0) + "48cf");
                })
                .handler(WAKE, 64, a -> a.hex("41c785" + little(0xb0) + little(0) + "48cf"))
                .handler(VECTOR, 64, a -> a.hex("e9" + little(HANDLER - (GuestBuilder.HANDLERS + 16L * VECTOR + 5))));
    }

    /** Interrupts all others and waits until each has served it. r12d: how many that makes in all. */
    private static void interruptAll(Asm a, String label) {
        a.hex("41c785" + little(0x300) + little(0xc4000 | VECTOR) + "4501f4 41ffcc")
                .label(label)
                .hex("f390 44392425" + little(ACKNOWLEDGED))
                .jcc(BELOW, label);
    }

    private static SmpGuest interruptsToAll() {
        int times = 100;
        return of(
                onInterrupt(guest("3A 11.6.1", "an interrupt to all others reaches each, awake or halted"), a -> {})
                        .memory(ACKNOWLEDGED, 4, times * (MOST - 1)),
                MOST,
                a -> {
                    a.hex("4531e4 bb" + little(times)).label("next");
                    interruptAll(a, "served");
                    a.hex("ffcb").jcc(NOT_EQUAL, "next").hex("c70425" + little(STOP) + little(1));
                    a.hex("41c785" + little(0x300) + little(0xc4000 | WAKE));
                },
                a -> a.sti()
                        .label("idle")
                        .hex("f390 833c25" + little(STOP) + "00")
                        .jcc(NOT_EQUAL, "over")
                        .hex("41f6c701")
                        .jcc(EQUAL, "idle")
                        // STI has one instruction's shadow: nothing is lost between the look and the halt.
                        .hex("fa 833c25" + little(STOP) + "00")
                        .jcc(NOT_EQUAL, "over")
                        .sti()
                        .hlt()
                        .jmp("idle")
                        .label("over"));
    }

    /** Each passes the interrupt on to the next, by its number. */
    private static SmpGuest interruptsInTurn() {
        int times = 400;
        Consumer<Asm> pass = a -> a.hex("813c25" + little(ACKNOWLEDGED) + little(times))
                .jcc(NOT_BELOW, "enough")
                .hex("418d5701 4439f2")
                .jcc(BELOW, "next")
                .hex("31d2")
                .label("next")
                .hex("c1e218 41899510030000 41c785" + little(0x300) + little(0x4000 | VECTOR))
                .label("enough");
        Consumer<Asm> wait = a -> a.label("idle")
                .hex("fa 813c25" + little(ACKNOWLEDGED) + little(times))
                .jcc(NOT_BELOW, "over")
                .hex("833c25" + little(STOP) + "00")
                .jcc(NOT_EQUAL, "over")
                .sti()
                .hlt()
                .jmp("idle")
                .label("over");
        return of(
                onInterrupt(guest("3A 11.6.1", "interrupts go from each to the next"), pass)
                        .expect("interrupts", end -> Math.min(times, end.memory(ACKNOWLEDGED, 4)), times),
                MOST,
                a -> {
                    a.hex("41c785" + little(0x310) + little(1 << 24) + "41c785" + little(0x300)
                            + little(0x4000 | VECTOR));
                    // It does not halt: the last interrupt may have come to another.
                    a.sti()
                            .label("look")
                            .hex("f390 813c25" + little(ACKNOWLEDGED) + little(times))
                            .jcc(BELOW, "look");
                    a.hex("c70425" + little(STOP) + little(1) + "41c785" + little(0x300) + little(0xc4000 | WAKE));
                },
                wait);
    }

    /** After everybody has invalidated the page, nobody sees what it was before. */
    private static SmpGuest shootdown() {
        int times = 100;
        return of(
                onInterrupt(guest("3A 5.10.5", "TLB shootdown: nobody sees the page that was"), a -> a.invlpg(PAGE)),
                MOST,
                a -> {
                    a.hex("4531e4 bb" + little(1))
                            .label("next")
                            // rax = the frame of this turn: its content is the turn's number
                            .hex("89d8 83e001 c1e00c 05" + little(FRAMES) + "8918 83c807 48890425" + little(ENTRY));
                    interruptAll(a, "served");
                    a.hex("891c25" + little(GENERATION) + "ffc3 81fb" + little(times + 1))
                            .jcc(BELOW, "next")
                            .hex("c70425" + little(STOP) + little(1));
                },
                a -> a.sti()
                        .label("look")
                        .hex("f390 8b0c25" + little(GENERATION) + "8b1425" + little(PAGE) + "39ca")
                        .jcc(NOT_BELOW, "right")
                        .hex("f0ff0425" + little(ERRORS))
                        .label("right")
                        .hex("833c25" + little(STOP) + "00")
                        .jcc(EQUAL, "look"));
    }

    /** The first starts all others, and again, from whatever they do then. */
    private static SmpGuest startUp() {
        int times = 5;
        GuestBuilder builder = guest("3A 9.4.4", "INIT and start-up begin each processor anew")
                .codeAt(
                        START_UP,
                        16,
                        a -> a.hex("fa 31c0 8ed8 f0ff06"
                                        + "%04x".formatted(Short.reverseBytes((short) ACKNOWLEDGED) & 0xffff))
                                .hex("ebfe"))
                .memory(ACKNOWLEDGED, 2, times * (MOST - 1))
                .code(a -> a.hex("41bd" + little(APIC) + "4531e4 bb" + little(times))
                        .label("next")
                        .hex("41c785" + little(0x300) + little(0xc4500) + "b9" + little(1000))
                        .label("delay")
                        .hex("ffc9")
                        .jcc(NOT_EQUAL, "delay")
                        .hex("41c785" + little(0x300) + little(0xc4600 | START_UP >>> 12))
                        .hex("4501f4 41ffcc")
                        .label("wait")
                        .hex("f390 44392425" + little(ACKNOWLEDGED))
                        .jcc(BELOW, "wait")
                        .hex("ffcb")
                        .jcc(NOT_EQUAL, "next")
                        .end());
        return new SmpGuest(builder.build(), MOST, List.of(GuestBuilder.CODE), true, SmpGuest.NONE);
    }

    // ---- code that changes
    // ----------------------------------------------------------------------------------------------

    private static final int CHANGES = 200;
    private static final int POKES = 40;

    private static GuestBuilder withSite(String name) {
        return guest("3A 9.1.3", name).codeAt(SITE, a -> a.hex("b8" + little(0) + "c3"));
    }

    /** Executes the site until it is over; what it gives must be whole, and not older than a change that was announced. */
    private static Consumer<Asm> executing(String serialise) {
        return a -> a.label("look")
                // PAUSE: there are more vCPUs than the host has processors.
                .hex("f390 448b0425" + little(GENERATION) + serialise + "31c0")
                .call("site")
                .hex("85c0")
                .jcc(EQUAL, "right")
                .hex("89c2 c1ca08 39c2")
                .jcc(NOT_EQUAL, "wrong")
                .hex("0fb6d0 4439c2")
                .jcc(NOT_BELOW, "right")
                .label("wrong")
                .hex("f0ff0425" + little(ERRORS))
                .label("right")
                .hex("833c25" + little(STOP) + "00")
                .jcc(EQUAL, "look")
                .jmp("over")
                .label("site")
                .hex("ba" + little(SITE) + "ffe2")
                .label("over");
    }

    /** As Linux changes its text: a breakpoint, all others in step, the rest, in step, the first byte, in step. */
    private static SmpGuest textPoke() {
        GuestBuilder builder = onInterrupt(
                        withSite("code is changed behind a breakpoint, with everybody in step"), a -> {})
                .handler(3, 64, a -> a.hex("4883042404 48cf"));
        return of(
                builder,
                MOST,
                a -> {
                    a.hex("4531e4 bb" + little(1)).label("next").hex("c60425" + little(SITE) + "cc");
                    interruptAll(a, "first");
                    a.hex("69c3" + little(0x01010101) + "890425" + little(SITE + 1));
                    interruptAll(a, "second");
                    a.hex("c60425" + little(SITE) + "b8");
                    interruptAll(a, "third");
                    a.hex("891c25" + little(GENERATION) + "ffc3 81fb" + little(POKES + 1))
                            .jcc(BELOW, "next")
                            .hex("c70425" + little(STOP) + little(1));
                },
                a -> {
                    a.sti();
                    executing("").accept(a);
                });
    }

    private static SmpGuest codeOfAnother() {
        return of(
                withSite("code that another processor stores is executed behind a serialising instruction"),
                4,
                a -> a.hex("bb" + little(1))
                        .label("next")
                        .hex("69c3" + little(0x01010101) + "890425" + little(SITE + 1))
                        .hex("891c25" + little(GENERATION) + "b9" + little(2000))
                        .label("delay")
                        .hex("ffc9")
                        .jcc(NOT_EQUAL, "delay")
                        .hex("ffc3 81fb" + little(CHANGES + 1))
                        .jcc(BELOW, "next")
                        .hex("c70425" + little(STOP) + little(1)),
                executing("31c0 0fa2"));
    }

    private static SmpGuest codeOfADevice() {
        SmpGuest guest = of(
                withSite("code that a device writes is executed behind a serialising instruction"),
                4,
                executing("31c0 0fa2"),
                executing("31c0 0fa2"));
        return guest.with(bus -> {
            var memory = new DeviceMemory(bus);
            for (int change = 1; change <= CHANGES && !bus.over(); change++) {
                memory.release(SITE + 1, change * 0x01010101);
                bus.written(SITE + 1, 4);
                memory.release(GENERATION, change);
                for (int spin = 0; spin < 2000; spin++) {
                    Thread.onSpinWait();
                }
            }
            memory.release(STOP, 1);
        });
    }
}
