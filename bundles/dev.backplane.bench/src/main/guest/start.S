/* Entered in 32-bit protected mode without paging, EBX = hvm_start_info (PVH). Goes to long mode with SSE on, the first 32 MiB
   mapped one to one in 4 KiB pages, and the local APIC, interrupts off, and calls main(start_info). */
        .section .note.pvh, "a", @note
        .long   4, 4, 18
        .ascii  "Xen\0"
        .long   start

        .section .text.start, "ax"
        .code32
        .globl  start
start:
        cld
        movl    $stack_top, %esp
        /* Page tables: 16 tables of 512 pages, one directory, one pointer table, the top. */
        movl    $tables, %edi
        movl    $0x003, %eax
1:      movl    %eax, (%edi)
        movl    $0, 4(%edi)
        addl    $8, %edi
        addl    $0x1000, %eax
        cmpl    $0x2000003, %eax
        jb      1b
        movl    $directory, %edi
        movl    $tables + 3, %eax
        movl    $16, %ecx
2:      movl    %eax, (%edi)
        addl    $0x1000, %eax
        addl    $8, %edi
        loop    2b
        movl    $0xFEE0009B, apic_directory + 503 * 8
        movl    $directory + 3, pointers
        movl    $apic_directory + 3, pointers + 3 * 8
        movl    $pointers + 3, top
        movl    $top, %eax
        movl    %eax, %cr3
        movl    $0x620, %eax            /* PAE, OSFXSR, OSXMMEXCPT */
        movl    %eax, %cr4
        movl    $0xC0000080, %ecx       /* EFER.LME */
        rdmsr
        orl     $0x100, %eax
        wrmsr
        movl    $0x80010033, %eax       /* PG, WP, NE, ET, MP, PE */
        movl    %eax, %cr0
        lgdt    descriptor
        ljmp    $8, $wide
        .code64
wide:   movl    $16, %eax
        movl    %eax, %ds
        movl    %eax, %es
        movl    %eax, %ss
        movl    %ebx, %edi
        call    main
3:      hlt
        jmp     3b

        /* The serial port has received something: what it was does not matter. */
        .globl  received_interrupt
received_interrupt:
        pushq   %rax
        pushq   %rdx
        movl    $0x3F8, %edx
        inb     %dx, %al
        movb    $1, received
        movb    $0x20, %al
        outb    %al, $0x20
        popq    %rdx
        popq    %rax
        iretq

        .section .rodata
        .balign 8
gdt:    .quad   0, 0x00AF9A000000FFFF, 0x00CF92000000FFFF
descriptor:
        .word   23
        .long   gdt

        .bss
        .balign 4096
tables: .skip   16 * 4096
directory:
        .skip   4096
apic_directory:
        .skip   4096
pointers:
        .skip   4096
top:    .skip   4096
        .skip   65536
stack_top:
