import { start } from './versus/broker.js'
import { withTopic } from './versus/topics.js'
import { producerPerformance } from './versus/java-tools.js'
import { readFileSync } from 'node:fs'
import { spawn, execFileSync } from 'node:child_process'
const RD='/work/main/.cache/bench-node-rdkafka@3.6.1/examples/rdkafka_performance'
const cpu=(pid:number)=>{const f=readFileSync(`/proc/${pid}/stat`,'utf8').split(') ')[1]!.split(' ');return [Number(f[11])/100,Number(f[12])/100] as const}
const [kind,bytes,records,rounds,who,...properties]=process.argv.slice(2) as [string,string,string,string,string,...string[]]
const B=Number(bytes),n=Number(records)
const both:[string,Awaited<ReturnType<typeof start>>][]=[['ottla',await start('ottla','kafka')]]
if(who==='both') both.push(['kafka',await start('peer','kafka')])
let perf:any=null
for(let r=0;r<Number(rounds);r++) for(const [name,b] of r%2?[...both].reverse():both){
 if(r===2&&process.env.PERF) perf??=spawn('perf',['record','-g','-F','1999','-p',String(b.pid),'-o','/tmp/perf.data'],{stdio:'ignore'})
 await withTopic(b,1,async topic=>{
 const a=cpu(b.pid)
 const said=kind==='java'?(await producerPerformance(b,{topic,records:n,recordBytes:B,properties})).recordsPerSecond
  :(execFileSync(RD,['-P','-t',topic,'-p','0','-b',b.bootstrap,'-c',String(n),'-s',String(B),'-a','all'],{encoding:'utf8',stdio:['ignore','pipe','ignore']}).match(/in \d+ms: (\d+) msgs/g)??[]).at(-1)
 const z=cpu(b.pid)
 const g=n*B/2**30
 console.log(r,name,said,'s/GiB user',((z[0]-a[0])/g).toFixed(2),'sys',((z[1]-a[1])/g).toFixed(2),' us/record user',((z[0]-a[0])*1e6/n).toFixed(3),'sys',((z[1]-a[1])*1e6/n).toFixed(3))
 })
}
if(perf){perf.kill('SIGINT');await new Promise(d=>perf.on('exit',d))}
for(const [,b] of both) await b.discard()
