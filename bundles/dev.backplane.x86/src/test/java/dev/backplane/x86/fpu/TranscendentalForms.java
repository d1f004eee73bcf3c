package dev.backplane.x86.fpu;

/** Which register forms are transcendental: their last bit may differ from the host's. */
final class TranscendentalForms {
    private TranscendentalForms() {}

    static boolean contains(int escape, int modrm) {
        return escape == 1
                && switch (modrm) {
                    case 0xF0, 0xF1, 0xF2, 0xF3, 0xF9, 0xFB, 0xFE, 0xFF -> true;
                    default -> false;
                };
    }
}
