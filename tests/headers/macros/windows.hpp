// What windows.h and what it includes define without NOMINMAX and WIN32_LEAN_AND_MEAN.
#define min(a, b) (((a) < (b)) ? (a) : (b))
#define max(a, b) (((a) > (b)) ? (a) : (b))
#define near
#define far
#define NEAR
#define FAR
#define huge
#define pascal
#define cdecl
#define small char
#define hyper double
#define interface struct
#define IN
#define OUT
#define OPTIONAL
#define CONST const
#define VOID void
#define THIS
#define PURE
#define STRICT 1
#define TRUE 1
#define FALSE 0
#define ERROR 0
#define NO_ERROR 0L
#define DELETE 0x00010000L
#define SYNCHRONIZE 0x00100000L
#define INFINITE 0xFFFFFFFF
#define IGNORE 0
#define ABSOLUTE 1
#define RELATIVE 2
#define TRANSPARENT 1
#define OPAQUE 2
#define ALTERNATE 1
#define WINDING 2
#define DIFFERENCE 11
#define PLANES 14
#define DOMAIN 1
#define SING 2
#define OVERFLOW 3
#define UNDERFLOW 4
#define rad1 0x0420
#define lst1 0x0460
#define edt1 0x0480
#define chx1 0x0410
#define grp1 0x0430
#define stc1 0x0440
#define cmb1 0x0470
#define scr1 0x0490
#define frm1 0x0434
#define rct1 0x0438
#define ico1 0x043c
#define psh1 0x0400
#define TEXT(quote) quote
#define CALLBACK
#define WINAPI
#define PASCAL
#define CreateFile CreateFileA
#define CreateDirectory CreateDirectoryA
#define CopyFile CopyFileA
#define MoveFile MoveFileA
#define DeleteFile DeleteFileA
#define FindText FindTextA
#define ReplaceText ReplaceTextA
#define GetMessage GetMessageA
#define GetObject GetObjectA
#define GetClassName GetClassNameA
#define SendMessage SendMessageA
#define DrawText DrawTextA
#define Yield()
