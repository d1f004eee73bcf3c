package dev.backplane.itests.outside;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/** A guest of one sector, put together instruction by instruction. It starts in real mode, at 0:0x7c00. */
final class BootSector {
    private static final int ORIGIN = 0x7c00;
    private static final int SECTOR_BYTES = 512;
    /** Turns 16-bit operands into 32-bit ones and the other way round. */
    private static final int OPERAND_SIZE = 0x66;

    private final ByteArrayOutputStream image = new ByteArrayOutputStream();
    private boolean protectedMode;

    /** Instructions as bytes. */
    BootSector code(int... bytes) {
        for (int value : bytes) {
            image.write(value);
        }
        return this;
    }

    /** Sends a text through the first serial port. */
    BootSector print(String text) {
        loadDx(0x3f8);
        for (byte character : text.getBytes(StandardCharsets.US_ASCII)) {
            code(0xb0, character, 0xee); // mov al, character; out dx, al
        }
        return this;
    }

    /** Writes to a debug-exit device. */
    BootSector debugExit(int port, int value) {
        return loadDx(port).code(0xb0, value, 0xee);
    }

    /** Never ends, with interrupts off. */
    BootSector loop() {
        return code(0xeb, 0xfe); // jmp $
    }

    /** Never ends and does nothing, with interrupts off. */
    BootSector halt() {
        return code(0xfa, 0xf4, 0xeb, 0xfd); // cli; hlt; jmp to hlt
    }

    /** Pulls the reset line by port 0xcf9, and waits for it. */
    BootSector reset() {
        return loadDx(0xcf9).code(0xb0, 0x06, 0xee).halt(); // mov al, 6; out dx, al
    }

    /** Interrupts without a table of vectors: the exceptions' own exception shuts the processor down. */
    BootSector tripleFault() {
        int table = here() + 2;
        code(0xeb, 0x06, 0, 0, 0, 0, 0, 0); // jmp behind six zeros
        return code(0x0f, 0x01, 0x1e).word(table).code(0xcc); // lidt [table]; int3
    }

    /** Writes a value to every port below a limit, in one, two and four bytes, and reads them. */
    BootSector touchPorts(int limit, int value) {
        code(0xfa, 0x31, 0xd2); // cli; xor dx, dx
        int again = here();
        code(OPERAND_SIZE, 0xb8).word(value).word(value >>> 16); // mov eax, value
        code(0xee, 0xef, OPERAND_SIZE, 0xef); // out dx, al; out dx, ax; out dx, eax
        code(0xec, 0xed, OPERAND_SIZE, 0xed); // in al, dx; in ax, dx; in eax, dx
        return code(0x42, 0x81, 0xfa).word(limit).jumpIfNotZero(again); // inc dx; cmp dx, limit
    }

    /** Writes and reads four bytes at every so many bytes between two addresses; 0 is the end of 4 GiB. Protected mode. */
    BootSector touchMemory(int from, int to, int step, int value) {
        code(0xbf).word(from).word(from >>> 16); // mov edi, from
        int again = here();
        code(0xb8).word(value).word(value >>> 16); // mov eax, value
        code(0x89, 0x07, 0x8b, 0x07); // mov [edi], eax; mov eax, [edi]
        code(0x81, 0xc7).word(step).word(step >>> 16); // add edi, step
        return code(0x81, 0xff).word(to).word(to >>> 16).jumpIfNotZero(again); // cmp edi, to
    }

    /** Writes four bytes of the configuration space of a device on PCI's bus 0. Protected mode. */
    BootSector configure(int device, int register, int value) {
        int address = 0x8000_0000 | device << 11 | register;
        code(0x66, 0xba).word(0xcf8); // mov dx, 0xcf8
        code(0xb8).word(address).word(address >>> 16).code(0xef); // mov eax, address; out dx, eax
        code(0x66, 0xba).word(0xcfc); // mov dx, 0xcfc
        return code(0xb8).word(value).word(value >>> 16).code(0xef); // mov eax, value; out dx, eax
    }

    /** Goes to protected mode with flat segments and without paging. */
    BootSector protectedMode() {
        int table = here() + 2;
        code(0xeb, 0x1e); // jmp behind 24 bytes of descriptors and 6 of pointer
        code(0, 0, 0, 0, 0, 0, 0, 0);
        code(0xff, 0xff, 0, 0, 0, 0x9b, 0xcf, 0); // code
        code(0xff, 0xff, 0, 0, 0, 0x93, 0xcf, 0); // data
        code(0x17, 0).word(table).word(0);
        code(0xfa, 0x0f, 0x01, 0x16).word(table + 24); // cli; lgdt [pointer]
        code(0x0f, 0x20, 0xc0, 0x0c, 0x01, 0x0f, 0x22, 0xc0); // mov eax, cr0; or al, 1; mov cr0, eax
        code(0xea).word(here() + 5 - 1).word(8); // jmp 8:next
        code(OPERAND_SIZE, 0xb8, 0x10, 0, 0x8e, 0xd8, 0x8e, 0xc0); // mov ax, 0x10; mov ds, ax; mov es, ax
        protectedMode = true;
        return this;
    }

    /** Runs a part at the first start, another one at the second: the battery-backed memory knows. */
    BootSector atFirstStart(BootSector first) {
        code(0xb0, 0x40, 0xe6, 0x70, 0xe4, 0x71); // mov al, 0x40; out 0x70, al; in al, 0x71
        code(0x3c, 0x5a, 0x74, first.image.size() + 8); // cmp al, 0x5a; je behind the part
        code(0xb0, 0x40, 0xe6, 0x70, 0xb0, 0x5a, 0xe6, 0x71); // mov al, 0x40; out 0x70, al; mov al, 0x5a; out 0x71, al
        image.writeBytes(first.image.toByteArray());
        return this;
    }

    /** Writes the sector into a folder. */
    Path in(Path folder) throws IOException {
        byte[] sector = new byte[SECTOR_BYTES];
        byte[] code = image.toByteArray();
        if (code.length > SECTOR_BYTES - 2) {
            throw new IllegalStateException(code.length + " bytes of code do not fit into a sector");
        }
        System.arraycopy(code, 0, sector, 0, code.length);
        sector[SECTOR_BYTES - 2] = 0x55;
        sector[SECTOR_BYTES - 1] = (byte) 0xaa;
        return Files.write(folder.resolve("sector"), sector);
    }

    private BootSector loadDx(int value) {
        if (protectedMode) {
            code(OPERAND_SIZE);
        }
        return code(0xba).word(value); // mov dx, value
    }

    private BootSector jumpIfNotZero(int target) {
        return code(0x75, target - (here() + 2));
    }

    private BootSector word(int value) {
        return code(value & 0xff, value >>> 8 & 0xff);
    }

    private int here() {
        return ORIGIN + image.size();
    }
}
