typedef unsigned long u64; typedef unsigned int u32; typedef unsigned char u8;
#define NOI __attribute__((noinline))
static u64 A[64],B[64],R[128]; static u8 buf[65536]; static u32 tab[4096]; 
struct node{struct node*l,*r;u64 k;}; static struct node nodes[2048];
static u64 seed=88172645463325252UL;
static NOI u64 rnd(void){seed^=seed<<13;seed^=seed>>7;seed^=seed<<17;return seed;}
static NOI u64 bignum(void){ for(int i=0;i<64;i++){A[i]=rnd();B[i]=rnd();R[i]=R[i+64]=0;}
 for(int rep=0;rep<20;rep++) for(int i=0;i<64;i++){u64 c=0;for(int j=0;j<64;j++){unsigned __int128 t=(unsigned __int128)A[i]*B[j]+R[i+j]+c;R[i+j]=t;c=t>>64;}R[i+64]=c;} return R[77];}
static NOI u64 lz(void){ for(int i=0;i<65536;i++)buf[i]=rnd()>>60; for(int i=0;i<4096;i++)tab[i]=0; u64 m=0;
 for(int i=0;i+8<65536;i++){u32 v=*(u32*)(buf+i);u32 h=(v*2654435761u)>>20;u32 p=tab[h];tab[h]=i;if(*(u32*)(buf+p)==v){u32 l=4;while(i+l<65536&&buf[p+l]==buf[i+l])l++;m+=l;}} return m;}
static NOI struct node* ins(struct node*t,struct node*n){ if(!t)return n; if(n->k<t->k)t->l=ins(t->l,n); else t->r=ins(t->r,n); return t;}
static NOI u64 sum(struct node*t){return t?sum(t->l)+t->k+sum(t->r):0;}
static NOI u64 tree(void){struct node*t=0;for(int i=0;i<2048;i++){nodes[i].l=nodes[i].r=0;nodes[i].k=rnd();t=ins(t,&nodes[i]);}u64 s=0;for(int i=0;i<10;i++)s+=sum(t);return s;}
static NOI u64 sw(u64 x){switch(x&15){case 0:return x+1;case 1:return x^3;case 2:return x*5;case 3:return x>>1;case 4:return x-7;case 5:return x|9;case 6:return ~x;case 7:return x<<2;case 8:return x+3;case 9:return x/3;case 10:return x+11;case 11:return x^77;case 12:return x-2;case 13:return x+99;case 14:return x&0xffff;default:return x*3;}}
static NOI u64 crc(void){u32 c=~0;for(int i=0;i<30000;i++){c^=buf[i];for(int k=0;k<8;k++)c=c>>1^(0xedb88320&-(c&1));}return c;}
static NOI u64 disp(void){u64 x=1;for(int i=0;i<60000;i++)x+=sw(x+i);return x;}
static NOI u64 sort(void){for(int i=0;i<4096;i++)tab[i]=rnd();for(int g=1750;g>0;g=g*5/11)for(int i=g;i<4096;i++){u32 t=tab[i];int j=i;for(;j>=g&&tab[j-g]>t;j-=g)tab[j]=tab[j-g];tab[j]=t;}return tab[100];}
static NOI u64 mcp(void){u64 s=0;for(int r=0;r<40;r++){for(int i=0;i<4096;i++)((u64*)buf)[i]=((u64*)buf)[(i*7)&8191]+r;} for(int i=0;i<8192;i++)s^=((u64*)buf)[i];return s;}
__attribute__((section(".text.start"))) void _start(u64 which){ u64 r=0; for(;;){
 switch(which){case 0:r+=bignum();break;case 1:r+=lz();break;case 2:r+=tree();break;case 3:r+=disp();break;case 4:r+=crc();break;case 5:r+=sort();break;default:r+=mcp();}
 __asm__ volatile("ud2"::"a"(r)); } }
